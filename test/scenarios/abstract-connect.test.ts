import { randomBytes } from 'node:crypto';
import { describeAttack } from './support/attack.ts';
import { listenOn, RECEIVE } from './support/listeners.ts';

describeAttack('a spoke cannot connect to an abstract socket, which no file permission guards', {
  code: `${RECEIVE}
    export const attack = ({ name }) => receive({ path: '\\0' + name });
  `,
  async aim() {
    const name = `axium-attack-${randomBytes(8).toString('hex')}`;
    const { reached } = await listenOn({ path: `\0${name}` });
    return { target: { name }, harmed: reached };
  },
  gets: 'hunter2',
  refused: /^EACCES /,
});
