import { once } from 'node:events';
import type { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { SEAT_LIMITS } from '../../core/control/seats.ts';
import type { Response } from '../../schemas/wire.ts';
import { type Client, openSocket } from './support/client.ts';

const { connections, unread } = SEAT_LIMITS;

const echo = async (body: unknown): Promise<Response> => ({ id: (body as { id: number }).id, ok: true });

/** So many clients, each connected before the next. */
async function openMany(open: () => Client, count: number): Promise<readonly Client[]> {
  const clients: Client[] = [];
  for (let at = 0; at < count; at += 1) {
    const client = open();
    await once(client.socket, 'connect');
    clients.push(client);
  }
  return clients;
}

async function answerTo(client: Client) {
  client.send({ id: 1 });
  return (await client.take(1))[0];
}

/** Which of them have lost their connection, once these many have. */
async function gone(clients: readonly Client[], count: number): Promise<readonly number[]> {
  const lost: number[] = [];
  await new Promise<void>((resolve) => {
    clients.forEach(({ closed }, at) => {
      void closed.then(() => {
        lost.push(at);
        if (lost.length === count) resolve();
      });
    });
  });
  return lost.sort((a, b) => a - b);
}

test('somebody who asks is answered, however many are connected and silent: those give way, the longest silent first', async () => {
  const { open } = await openSocket(echo);
  const silent = await openMany(open, connections + 40);
  const lost = gone(silent, 41);
  expect(await answerTo(open())).toEqual({ id: 1, ok: true });
  expect(await lost).toEqual(Array.from({ length: 41 }, (_, at) => at));
  expect(await answerTo(silent.at(-1) as Client)).toEqual({ id: 1, ok: true });
});

test('one that was answered is kept before one that has been silent for longer', async () => {
  const { open } = await openSocket(echo);
  const clients = await openMany(open, connections);
  await answerTo(clients[0] as Client);
  const lost = gone(clients, 3);
  await openMany(open, 3);
  expect(await lost).toEqual([1, 2, 3]);
});

test('half a request keeps no place', async () => {
  const { open } = await openSocket(echo);
  const slow = await openMany(open, connections);
  for (const { sendRaw } of slow) sendRaw('{"id":1,"cmd":');
  expect(await answerTo(open())).toEqual({ id: 1, ok: true });
});

test('one whose request is worked on is not closed for another, who is told to try again', async () => {
  const release: (() => void)[] = [];
  let onAll = () => {};
  const all = new Promise<void>((resolve) => {
    onAll = resolve;
  });
  const { open } = await openSocket(async (body) => {
    await new Promise<void>((resolve) => {
      release.push(resolve);
      if (release.length === connections) onAll();
    });
    return echo(body);
  });
  const clients = await openMany(open, connections);
  for (const client of clients) client.send({ id: 1 });
  await all;
  const late = open();
  await late.closed;
  expect(late.answers).toMatchObject([{ id: null, ok: false, code: 'busy' }]);
  for (const answer of release) answer();
  const answers = await Promise.all(clients.map((client) => client.take(1)));
  expect(answers.flat()).toHaveLength(connections);
});

test('of those that do not read their answers only so many are kept, the latest', async () => {
  const big = 'x'.repeat(1_000_000);
  const { server, open } = await openSocket(async (body) => ({ ...(await echo(body)), big }) as Response);
  const clients: Client[] = [];
  const theirs: Socket[] = [];
  server.on('connection', (socket) => theirs.push(socket));
  for (let at = 0; at <= unread; at += 1) {
    const [client] = await openMany(open, 1);
    client?.socket.pause();
    client?.send({ id: 1 });
    while (!theirs[at]?.writableLength) await new Promise((resolve) => setImmediate(resolve));
    clients.push(client as Client);
  }
  expect(theirs.map(({ destroyed }) => destroyed)).toEqual([true, ...Array(unread).fill(false)]);
  clients[unread]?.socket.resume();
  expect(await clients[unread]?.take(1)).toMatchObject([{ id: 1, ok: true }]);
});

test('a thousand requests in one piece let others be answered in between', async () => {
  const order: string[] = [];
  const { open } = await openSocket(async (body) => {
    order.push((body as { who: string }).who);
    return echo(body);
  });
  const [flood, good] = await openMany(open, 2);
  flood?.send(...Array.from({ length: 1000 }, (_, id) => ({ id, who: 'flood' })));
  good?.send({ id: 1, who: 'good' });
  await good?.take(1);
  expect(order.indexOf('good')).toBeLessThan(100);
  await flood?.take(1000);
});
