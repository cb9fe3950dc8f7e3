import { chmodSync, existsSync } from 'node:fs';
import { describe, expect, it, type TestContext } from 'vitest';
import { writeTree } from '../support/spoke-directory.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';
import {
  buildSandbox,
  type Confinement,
  describeConfinement,
  HOLDING_PROGRAMS,
  hostLacks,
  missingFor,
  PLAIN,
  realPowers,
} from './support/levels.ts';
import { runSpoke } from './support/run-spoke.ts';

/** A program of the shell alone: it reads and writes what it can, and reports that. */
const program = (outside: string) => `#!/bin/sh
say() { printf '%s\\n' "$1" >&3; }
hear() { IFS= read -r line <&3; }
did=
say '{"id": 0, "cmd": "hello", "api": 1}'
hear
IFS= read -r line 2>/dev/null </etc/passwd && did="$did read"
{ : >${outside}/planted; } 2>/dev/null && did="$did wrote"
{ : >./planted; } 2>/dev/null && did="$did wrote-own"
IFS= read -r line <./own && did="$did own"
say "{\\"id\\": 1, \\"cmd\\": \\"report\\", \\"got\\": \\"$did\\", \\"refusal\\": null}"
hear
`;

async function attempt(ctx: TestContext, at: Confinement) {
  const missing = missingFor(at.level);
  if (missing !== null) ctx.skip(missing);
  const outside = makeTemporaryDirectory();
  const directory = writeTree(`${makeTemporaryDirectory()}/spoke`, {
    'main.sh': program(outside),
    own: 'mine\n',
  });
  chmodSync(`${directory}/main.sh`, 0o755);
  const powers = realPowers();
  const sandbox = await buildSandbox(at, powers);
  const { got, refusal, begun } = await runSpoke(powers, sandbox, {
    ...{ directory, target: {}, extraBytes: null },
    runtime: 'exec',
  });
  if (!begun && hostLacks(refusal ?? '')) ctx.skip(refusal ?? '');
  return { got, refusal, planted: existsSync(`${outside}/planted`) || existsSync(`${directory}/planted`) };
}

describe('a program that speaks the wire by itself reads nothing of /etc and writes nothing', () => {
  it('though it could in a plain child', async (ctx) => {
    expect(await attempt(ctx, PLAIN)).toEqual({
      got: ' read wrote wrote-own own',
      refusal: null,
      planted: true,
    });
  });

  for (const at of HOLDING_PROGRAMS) {
    it(describeConfinement(at), async (ctx) => {
      expect(await attempt(ctx, at)).toEqual({ got: ' own', refusal: null, planted: false });
    });
  }
});
