import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import type { Response } from '../../schemas/wire.ts';
import { type Client, openSocket } from './support/client.ts';

type Body = Readonly<Record<string, unknown>>;

/** Answers with the request's own id. */
const echo = async (body: unknown): Promise<Response> => ({ id: (body as { id: number }).id, ok: true });
const nextTurn = () => new Promise((resolve) => setImmediate(resolve));
const INVALID = { id: null, ok: false, code: 'invalid' };

test('requests of one connection are answered in order, whichever is done first', async () => {
  const started: number[] = [];
  const { open } = await openSocket(async (body) => {
    const { id, turns } = body as { id: number; turns: number };
    started.push(id);
    for (let turn = 0; turn < turns; turn += 1) await nextTurn();
    return { id, ok: true };
  });
  const client = open();
  client.send(...[20, 0, 10, 0].map((turns, id) => ({ id, turns })));
  expect((await client.take(4)).map(({ id }) => id)).toEqual([0, 1, 2, 3]);
  expect(started).toEqual([0, 1, 2, 3]);
});

test('a request that comes while another is worked on waits for it', async () => {
  const started: number[] = [];
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { open } = await openSocket(async (body) => {
    started.push((body as { id: number }).id);
    await held;
    return echo(body);
  });
  const client = open();
  for (const id of [0, 1, 2]) {
    await new Promise<void>((resolve) => client.socket.write(`{"id":${id}}\n`, () => resolve()));
    while (started.length === 0) await nextTurn();
  }
  for (let turns = 0; turns < 20; turns += 1) await nextTurn();
  expect(started).toEqual([0]);
  release();
  expect((await client.take(3)).map(({ id }) => id)).toEqual([0, 1, 2]);
});

test('one connection does not wait for another', async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { open } = await openSocket(async (body) => {
    if ((body as Body).cmd === 'slow') await held;
    return echo(body);
  });
  const [slow, fast] = [open(), open()];
  slow.send({ id: 1, cmd: 'slow' });
  fast.send({ id: 2, cmd: 'fast' });
  expect(await fast.take(1)).toEqual([{ id: 2, ok: true }]);
  expect(slow.answers).toEqual([]);
  release();
  expect(await slow.take(1)).toEqual([{ id: 1, ok: true }]);
});

test('a request may come a byte at a time, and a thousand at once', async () => {
  const { open } = await openSocket(echo);
  const client = open();
  client.socket.setNoDelay(true);
  for (const byte of Buffer.from('{"id":1,"text":"é"}\n')) {
    await new Promise<void>((resolve) => client.socket.write(Buffer.from([byte]), () => resolve()));
  }
  expect(await client.take(1)).toEqual([{ id: 1, ok: true }]);
  client.send(...Array.from({ length: 1000 }, (_, id) => ({ id })));
  expect((await client.take(1001)).slice(1).map(({ id }) => id)).toEqual(
    Array.from({ length: 1000 }, (_, id) => id),
  );
});

test.each(['x', '{', '[]', 'null', '7', '"ping"', '{"id":1}{"id":2}'])(
  '%j is answered as invalid, and the connection goes on',
  async (line) => {
    const { open } = await openSocket(echo);
    const client = open();
    client.sendRaw(`${line}\n{"id":2}\n`);
    expect(await client.take(2)).toMatchObject([INVALID, { id: 2, ok: true }]);
  },
);

test('blank lines are passed over', async () => {
  const { open } = await openSocket(echo);
  const client = open();
  client.sendRaw('\n  \n\r\n{"id":2}\r\n');
  expect(await client.take(1)).toEqual([{ id: 2, ok: true }]);
});

describe('a connection that breaks the rules is told so and closed', () => {
  test.each([
    ['with a line that is too long', 'x'.repeat(65_537), 'line too long'],
    ['with a very long line', 'x'.repeat(4_000_000), 'line too long'],
    ['with what is not UTF-8', Buffer.from([0xff, 0x0a]), 'not UTF-8'],
  ])('%s', async (_what, bytes, named) => {
    const { open } = await openSocket(echo);
    const client = open();
    client.sendRaw(bytes);
    await client.closed;
    expect(client.answers).toEqual([
      { ...INVALID, error: `${named}; expected lines of at most 65536 bytes of UTF-8` },
    ]);
  });

  test('and the others go on', async () => {
    const { open } = await openSocket(echo);
    const [bad, good] = [open(), open()];
    bad.sendRaw('x'.repeat(100_000));
    await bad.closed;
    good.send({ id: 1 });
    expect(await good.take(1)).toEqual([{ id: 1, ok: true }]);
  });

  test('a line of the largest size breaks none', async () => {
    const { open } = await openSocket(echo);
    const client = open();
    client.send({ id: 1, pad: 'x'.repeat(65_536 - '{"id":1,"pad":""}'.length) });
    expect(await client.take(1)).toEqual([{ id: 1, ok: true }]);
  });

  test('also while an earlier request is worked on', async () => {
    const { open } = await openSocket(() => new Promise(() => {}));
    const client = open();
    client.sendRaw(Buffer.concat([Buffer.from('{"id":1}\n'), Buffer.from([0xff, 0x0a])]));
    await client.closed;
    expect(client.answers).toMatchObject([INVALID]);
  });
});

describe('what a connection costs is bounded', () => {
  /** What a client sends when it does not stop: 16 MiB of requests. */
  const FLOOD = '{"id":1,"cmd":"ping"}\n'.repeat(762_600);

  /** Whether a connection is not read any more, though its client has not sent everything. */
  async function isStopped(client: Client, theirs: Socket): Promise<boolean> {
    let taken = false;
    client.socket.write(FLOOD, () => {
      taken = true;
    });
    while (!taken && !theirs.isPaused()) await nextTurn();
    return !taken;
  }

  test('where it sends on while a request is worked on', async () => {
    let onServed = () => {};
    const served = new Promise<void>((resolve) => {
      onServed = resolve;
    });
    const { server, open } = await openSocket(() => {
      onServed();
      return new Promise(() => {});
    });
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    const client = open();
    const [theirs] = await accepted;
    client.send({ id: 1 });
    await served;
    expect(await isStopped(client, theirs)).toBe(true);
  });

  test('where it sends on and never reads an answer', async () => {
    const big = 'x'.repeat(1_000_000);
    const { server, open } = await openSocket(async (body) => ({ ...(await echo(body)), big }) as Response);
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    const client = open();
    const [theirs] = await accepted;
    client.socket.pause();
    client.send({ id: 1 });
    while (theirs.writableLength === 0) await nextTurn();
    expect(await isStopped(client, theirs)).toBe(true);
  });

  test('and a client that was stopped is answered in the end, and leaves nothing behind on the way', async () => {
    const { server, open } = await openSocket(echo);
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    const client = open();
    const [theirs] = await accepted;
    const listeners = () => theirs.eventNames().map((name) => [name, theirs.listenerCount(name)]);
    const before = listeners();
    const count = 20_000;
    client.send(...Array.from({ length: count }, (_, id) => ({ id })));
    expect((await client.take(count)).at(-1)).toEqual({ id: count - 1, ok: true });
    expect(listeners()).toEqual(before);
  });
});

describe('a client that goes away', () => {
  test('while its request is worked on harms nobody', async () => {
    const waiting: (() => void)[] = [];
    const { server, open } = await openSocket(async (body) => {
      if ((body as Body).cmd === 'slow') await new Promise<void>((resolve) => waiting.push(resolve));
      return echo(body);
    });
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    const [gone, stays] = [open(), open()];
    gone.send({ id: 1, cmd: 'slow' }, { id: 2, cmd: 'never' });
    const [theirs] = await accepted;
    while (waiting.length === 0) await nextTurn();
    gone.socket.destroy();
    const closed = new Promise((resolve) => theirs.once('close', resolve));
    await new Promise((resolve) => theirs.once('end', resolve));
    waiting[0]?.();
    await closed;
    stays.send({ id: 3 });
    expect(await stays.take(1)).toEqual([{ id: 3, ok: true }]);
  });

  test.each(['{"id":1,"cmd":"shutd', '{"id":1,"cmd":"shutdown"'])(
    'in the middle of %j is told that this is no request',
    async (half) => {
      const served: unknown[] = [];
      const { open } = await openSocket(async (body) => {
        served.push(body);
        return echo(body);
      });
      const client = open();
      client.socket.end(half);
      await client.closed;
      expect(client.answers).toMatchObject([{ id: null, ok: false, code: 'invalid' }]);
      expect(served).toEqual([]);
    },
  );

  test('after a last line that lacks its end still gets the answer', async () => {
    const { open } = await openSocket(async (body) => {
      await nextTurn();
      return echo(body);
    });
    const client = open();
    client.socket.end('{"id":1}\n{"id":2}');
    await client.closed;
    expect(client.answers).toEqual([
      { id: 1, ok: true },
      { id: 2, ok: true },
    ]);
  });

  test('after nothing but blanks gets no answer', async () => {
    const { open } = await openSocket(echo);
    const client = open();
    client.socket.end('\n \n ');
    await client.closed;
    expect(client.answers).toEqual([]);
  });

  test('after its last line still gets the answer', async () => {
    const { open } = await openSocket(echo);
    const client = open();
    client.socket.end('{"id":1}\n');
    expect(await client.take(1)).toEqual([{ id: 1, ok: true }]);
  });
});
