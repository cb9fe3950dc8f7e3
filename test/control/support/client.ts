import { once } from 'node:events';
import { connect, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { attachControl, type ServeControl } from '../../../core/control/server.ts';
import { createPowers } from '../../support/powers.ts';
import { makeTemporaryDirectory } from '../../support/temporary-directory.ts';
import { callerWith } from './caller.ts';

export type Answer = Readonly<Record<string, unknown>>;

export interface Client {
  readonly socket: Socket;
  readonly send: (...requests: readonly object[]) => void;
  readonly sendRaw: (text: string | Buffer) => void;
  /** The lines that have come so far. */
  readonly answers: Answer[];
  /** Settles with so many answers, or with those that came before the end of the connection. */
  readonly take: (count: number) => Promise<readonly Answer[]>;
  readonly closed: Promise<unknown>;
}

/** A control socket in a directory of the test's own, and how clients are made for it. */
export async function openSocket(serve: ServeControl) {
  const path = `${makeTemporaryDirectory()}/axiumd.sock`;
  const server: Server = await createPowers().listen(path);
  attachControl(server, () => callerWith(), serve);
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  onTestFinished(async () => {
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  });
  return { server, open: () => openClient(path) };
}

function openClient(path: string): Client {
  const socket = connect(path);
  onTestFinished(() => void socket.destroy());
  const answers: Answer[] = [];
  const watchers = new Set<() => void>();
  let text = '';
  let over = false;
  const happened = () => {
    for (const look of [...watchers]) look();
  };
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    const lines = text.split('\n');
    text = lines.pop() ?? '';
    answers.push(...lines.map((line) => JSON.parse(line) as Answer));
    happened();
  });
  // A server that turns a client away can do so in the middle of what it writes.
  socket.on('error', () => {});
  const closed = new Promise((resolve) => socket.once('close', resolve));
  void closed.then(() => {
    over = true;
    happened();
  });
  const sendRaw = (data: string | Buffer) => void socket.write(data);
  return {
    socket,
    send: (...requests) => sendRaw(requests.map((request) => `${JSON.stringify(request)}\n`).join('')),
    sendRaw,
    answers,
    take: (count) =>
      new Promise((resolve) => {
        const look = () => {
          if (answers.length < count && !over) return;
          watchers.delete(look);
          resolve(answers.slice(0, count));
        };
        watchers.add(look);
        look();
      }),
    closed,
  };
}
