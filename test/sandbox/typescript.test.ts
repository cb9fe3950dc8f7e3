import { describe, expect, it } from 'vitest';
import {
  buildSandbox,
  describeConfinement,
  HOLDING,
  hostLacks,
  missingFor,
  realPowers,
} from '../scenarios/support/levels.ts';
import { runSpoke } from '../scenarios/support/run-spoke.ts';
import { spokeNodeStripsTypes } from '../scenarios/support/spoke-node.ts';
import { writeTree } from '../support/spoke-directory.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';

const MAIN = `export async function register(axium) {
  let got = null;
  let refusal = null;
  try {
    got = (await import('./typed.ts')).value;
  } catch (error) {
    refusal = error.code;
  }
  await axium.sendRequest({ cmd: 'report', got, refusal });
}
`;

describe('a confined spoke runs TypeScript exactly where its Node says that it does', () => {
  for (const at of HOLDING) {
    it(describeConfinement(at), async ({ skip }) => {
      const missing = missingFor(at.level);
      if (missing !== null) skip(missing);
      const directory = writeTree(`${makeTemporaryDirectory()}/spoke`, {
        'main.mjs': MAIN,
        'typed.ts': 'export const value: string = "typed";\n',
      });
      const powers = realPowers();
      const sandbox = await buildSandbox(at, powers);
      const { got, refusal, begun } = await runSpoke(powers, sandbox, {
        directory,
        target: {},
        extraBytes: null,
      });
      if (!begun && hostLacks(refusal ?? '')) skip(refusal ?? '');
      expect({ got, refusal }).toEqual(
        spokeNodeStripsTypes()
          ? { got: 'typed', refusal: null }
          : { got: null, refusal: 'ERR_UNKNOWN_FILE_EXTENSION' },
      );
    });
  }
});
