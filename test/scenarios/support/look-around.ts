import type { TestContext } from 'vitest';
import { writeTree } from '../../support/spoke-directory.ts';
import { makeTemporaryDirectory } from '../../support/temporary-directory.ts';
import { buildSandbox, type Confinement, hostLacks, missingFor, realPowers } from './levels.ts';
import { type Outcome, runSpoke } from './run-spoke.ts';

/** Runs the function `look` of a module once, confined, and returns what it returned. Skips what the machine lacks. */
export async function lookAround(
  ctx: TestContext,
  at: Confinement,
  files: Readonly<Record<string, string>>,
): Promise<unknown> {
  const missing = missingFor(at.level);
  if (missing !== null) ctx.skip(missing);
  const powers = realPowers();
  const sandbox = await buildSandbox(at, powers);
  const directory = writeTree(`${makeTemporaryDirectory()}/spoke`, { ...files, 'main.mjs': MAIN });
  const { got, refusal, begun }: Outcome = await runSpoke(powers, sandbox, {
    directory,
    target: {},
    extraBytes: null,
  });
  if (!begun && hostLacks(refusal ?? '')) ctx.skip(refusal ?? '');
  if (refusal !== null) throw new Error(refusal);
  return got;
}

const MAIN = `
import { look } from './look.mjs';
export async function register(axium) {
  await axium.sendRequest({ cmd: 'report', got: await look(), refusal: null });
}
`;
