import { EventEmitter } from 'node:events';
import { describe, expect, it, type TestContext } from 'vitest';
import {
  buildSandbox,
  describeConfinement,
  HOLDING,
  missingFor,
  PLAIN,
  realPowers,
} from '../scenarios/support/levels.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';

/** What Node gives where a process could not be started for want of descriptors: no pid, no streams, an error to come. */
function unstarted() {
  return Object.assign(new EventEmitter(), { pid: undefined, stdio: undefined, spawnfile: '/usr/bin/x' });
}

describe.each([PLAIN, ...HOLDING])('$level', (confinement) => {
  it(`${describeConfinement(confinement)}: a spoke that cannot be started is refused, and nothing is thrown later`, async (ctx: TestContext) => {
    const missing = missingFor(confinement.level);
    if (missing !== null) ctx.skip(missing);
    const powers = realPowers();
    const child = unstarted();
    let isOut = false;
    const spawn = (...args: Parameters<typeof powers.spawn>) => (isOut ? child : powers.spawn(...args));
    const sandbox = await buildSandbox(confinement, { ...powers, spawn: spawn as typeof powers.spawn });
    isOut = true;
    expect(() => sandbox.start({ directory: makeTemporaryDirectory(), module: 'main.mjs' })).toThrow(
      'the process could not be started',
    );
    // Without a listener this would be thrown, and end the daemon.
    expect(() => child.emit('error', new Error('EMFILE'))).not.toThrow();
  });
});
