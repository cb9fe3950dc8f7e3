import { existsSync } from 'node:fs';
import { describeAttack } from './support/attack.ts';
import { EVERY_WAY_REFUSED, WRITE } from './support/planted-file.ts';

describeAttack('a spoke cannot make a file in its own directory', {
  code: `${WRITE}
    export const attack = () => plant(new URL('./planted', import.meta.url).pathname);
  `,
  aim: (directory) => ({ target: {}, harmed: () => existsSync(`${directory}/attacker/planted`) }),
  gets: 'write',
  refused: EVERY_WAY_REFUSED,
  ahead: true,
});
