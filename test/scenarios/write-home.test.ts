import { describeAttack } from './support/attack.ts';
import { EVERY_WAY_REFUSED, plantIn, WRITE } from './support/planted-file.ts';

describeAttack('a spoke cannot make a file in the home of its user', {
  code: `${WRITE}
    export const attack = ({ path }) => plant(path);
  `,
  aim: (directory) => plantIn(`${directory}/home/.config/autostart`),
  gets: 'write',
  refused: EVERY_WAY_REFUSED,
});
