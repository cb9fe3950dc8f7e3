import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { describeConfinement, HOLDING, PLAIN } from '../scenarios/support/levels.ts';
import { lookAround } from '../scenarios/support/look-around.ts';
import { spokeNode } from '../scenarios/support/spoke-node.ts';

for (const at of [PLAIN, ...HOLDING]) {
  it(`a spoke runs on the Node that it was to be run with ${describeConfinement(at)}`, async (ctx) => {
    const wanted = spawnSync(spokeNode(), ['--version'], { encoding: 'utf8' }).stdout.trim();
    expect(await lookAround(ctx, at, { 'look.mjs': 'export const look = () => process.version;\n' })).toBe(
      wanted,
    );
  });
}
