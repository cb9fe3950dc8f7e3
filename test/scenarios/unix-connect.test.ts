import { describeAttack } from './support/attack.ts';
import { listenOn, RECEIVE } from './support/listeners.ts';

describeAttack("a spoke cannot connect to a unix socket such as the daemon's own", {
  code: `${RECEIVE}
    export const attack = ({ path }) => receive({ path });
  `,
  async aim(directory) {
    const path = `${directory}/axiumd.sock`;
    const { reached } = await listenOn({ path });
    return { target: { path }, harmed: reached };
  },
  gets: 'hunter2',
  refused: /^EACCES /,
  ahead: true,
});
