import { describeAttack } from './support/attack.ts';
import { listenForDatagrams } from './support/listeners.ts';

describeAttack('a spoke cannot send a datagram', {
  code: `
    import dgram from 'node:dgram';
    export const attack = ({ port }) =>
      new Promise((resolve, reject) => {
        const socket = dgram.createSocket('udp4').on('error', reject);
        socket.send('stolen', port, '127.0.0.1', (error) => (error ? reject(error) : resolve('sent')));
      });
  `,
  async aim() {
    const { port, reached } = await listenForDatagrams();
    return { target: { port }, harmed: reached };
  },
  gets: 'sent',
  refused: /EACCES/,
});
