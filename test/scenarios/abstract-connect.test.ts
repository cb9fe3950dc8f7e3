import { randomBytes } from 'node:crypto';
import { describeAttack } from './support/attack.ts';
import { listenOn, RECEIVE } from './support/listeners.ts';

describeAttack('a spoke cannot connect to an abstract socket, which no file permission guards', {
  code: `${RECEIVE}
    // Some versions of Node fill the name up with zeros, to the size of the address; here others may have bound it.
    const PATH_SIZE = 108;
    export const attack = ({ name }) =>
      receive({ path: '\\0' + name }).catch(() => receive({ path: ('\\0' + name).padEnd(PATH_SIZE, '\\0') }));
  `,
  async aim() {
    const name = `axium-attack-${randomBytes(8).toString('hex')}`;
    const { reached } = await listenOn({ path: `\0${name}` });
    return { target: { name }, harmed: reached };
  },
  gets: 'hunter2',
  refused: /^EACCES /,
});
