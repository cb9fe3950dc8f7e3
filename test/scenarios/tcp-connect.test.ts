import { describeAttack } from './support/attack.ts';
import { listenOn, RECEIVE } from './support/listeners.ts';

describeAttack('a spoke cannot connect over TCP', {
  code: `${RECEIVE}
    export const attack = ({ port }) => receive({ host: '127.0.0.1', port });
  `,
  async aim() {
    const { port, reached } = await listenOn({ host: '127.0.0.1', port: 0 });
    return { target: { port }, harmed: reached };
  },
  gets: 'hunter2',
  refused: /^EACCES /,
  ahead: true,
});
