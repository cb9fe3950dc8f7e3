import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, type ListenOptions } from 'node:net';
import { onTestFinished } from 'vitest';

/** Something to connect to, which counts who did. It is closed when the test ends. */
export interface Listener {
  readonly port: number;
  readonly reached: () => boolean;
}

export async function listenOn(at: ListenOptions): Promise<Listener> {
  let reached = false;
  const server = createServer((socket) => {
    reached = true;
    socket.on('error', () => {}).end('hunter2');
  });
  server.listen(at);
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const address = server.address() as AddressInfo | string;
  return { port: typeof address === 'string' ? 0 : address.port, reached: () => reached };
}

export async function listenForDatagrams(): Promise<Listener> {
  let reached = false;
  const socket = createSocket('udp4', () => {
    reached = true;
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  onTestFinished(() => void socket.close());
  return { port: socket.address().port, reached: () => reached };
}

/** Code of an attack: what a connection sends, as text. */
export const RECEIVE = `
  import net from 'node:net';
  const receive = (to) =>
    new Promise((resolve, reject) => {
      let text = '';
      net.connect(to).setEncoding('utf8').on('data', (more) => { text += more; })
        .on('end', () => resolve(text)).on('error', reject);
    });
`;
