import { randomBytes } from 'node:crypto';
import { accessSync, constants, existsSync, rmSync } from 'node:fs';
import { onTestFinished } from 'vitest';
import { describeAttack } from './support/attack.ts';
import { EVERY_WAY_REFUSED, WRITE } from './support/planted-file.ts';

function whyNot(): string | null {
  try {
    accessSync('/dev/shm', constants.W_OK);
    return null;
  } catch {
    return '/dev/shm cannot be written here';
  }
}

describeAttack('a spoke cannot leave anything in shared memory', {
  code: `${WRITE}
    export const attack = ({ path }) => plant(path);
  `,
  impossible: whyNot,
  aim() {
    const path = `/dev/shm/axium-attack-${randomBytes(8).toString('hex')}`;
    onTestFinished(() => rmSync(path, { force: true }));
    return { target: { path }, harmed: () => existsSync(path) };
  },
  gets: 'write',
  refused: EVERY_WAY_REFUSED,
});
