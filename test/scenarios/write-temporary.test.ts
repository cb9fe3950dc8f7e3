import { describeAttack } from './support/attack.ts';
import { EVERY_WAY_REFUSED, plantIn, WRITE } from './support/planted-file.ts';

describeAttack('a spoke cannot make a file in the temporary directory', {
  code: `${WRITE}
    export const attack = ({ path }) => plant(path);
  `,
  aim: plantIn,
  gets: 'write',
  refused: EVERY_WAY_REFUSED,
});
