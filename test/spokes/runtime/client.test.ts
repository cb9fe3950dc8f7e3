import { Duplex } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { hasMoreValues } from '../../../core/channel/count-values.ts';
import { Client } from '../../../spokes/runtime/client.mts';

/** The other end of the channel in memory: what was written, write by write, and a way to say something. */
function openClient() {
  const writes: string[] = [];
  const heard: string[] = [];
  const stream = new Duplex({
    read() {},
    write(chunk, _encoding, done) {
      writes.push(String(chunk));
      done();
    },
  });
  const listener = {
    event: ({ event }: { readonly event: string }) => void heard.push(`event ${event}`),
    close: (fault: string | null) => void heard.push(`close ${fault}`),
  };
  const lingered: number[] = [];
  const client = new Client(
    stream,
    listener,
    (call) => queueMicrotask(() => process.nextTick(call)),
    (pending) => () => lingered.push(pending()),
  );
  return { client, stream, writes, heard, lingered };
}

test('all requests of one tick leave in one write, each a line with an id of its own', async () => {
  const { client, writes } = openClient();
  void client.request({ cmd: 'facts' });
  void client.request({ cmd: 'hud_segment_value', value: 'two\nlines' });
  await Promise.resolve().then(() => void client.request({ cmd: 'get_permissions', id: 77 }));
  await setImmediate();
  void client.request({ cmd: 'storage_list' });
  await setImmediate();
  expect(writes).toEqual([
    '{"cmd":"facts","id":1}\n{"cmd":"hud_segment_value","value":"two\\nlines","id":2}\n{"cmd":"get_permissions","id":3}\n',
    '{"cmd":"storage_list","id":4}\n',
  ]);
});

test('what keeps a spoke awake is told after each write how many answers are to come', async () => {
  const { client, stream, lingered } = openClient();
  void client.request({ cmd: 'facts' });
  void client.request({ cmd: 'storage_list' });
  await setImmediate();
  stream.push('{"id":1,"ok":true}\n');
  await setImmediate();
  await client.tell({ cmd: 'ready' });
  expect(lingered).toEqual([2, 1]);
});

test('an answer carries what the daemon said, without the id, and settles its own request only', async () => {
  const { client, stream } = openClient();
  const first = client.request({ cmd: 'storage_get', key: 'a' });
  const second = client.request({ cmd: 'storage_get', key: 'b' });
  stream.push(
    '{"id":9,"ok":true}\n{"id":2,"ok":true,"value":"B"}\n{"id":null,"ok":true}\n{"id":2,"ok":false}\n',
  );
  stream.push('{"id":1,"ok":false,"code":"denied","error":"no"}\n');
  expect(await Promise.all([first, second])).toEqual([
    { ok: false, code: 'denied', error: 'no' },
    { ok: true, value: 'B' },
  ]);
});

test('what JSON cannot say is refused as invalid, and never thrown', async () => {
  const { client, writes } = openClient();
  const circle: Record<string, unknown> = {};
  circle.self = circle;
  const impossible: readonly Record<string, unknown>[] = [
    { value: 1n },
    circle,
    { toJSON: () => undefined },
    {
      toJSON: () => {
        throw null;
      },
    },
  ];
  for (const fields of impossible) {
    expect(await client.request({ ...fields, cmd: 'notify' })).toMatchObject({ ok: false, code: 'invalid' });
  }
  await setImmediate();
  expect(writes).toEqual([]);
});

test('a line of exactly 1 MiB is sent, one byte more is refused as too large', async () => {
  const { client, writes } = openClient();
  const around = Buffer.byteLength('{"cmd":"x","value":"€","id":1}');
  void client.request({ cmd: 'x', value: `€${'x'.repeat(1_048_576 - around)}` });
  expect(await client.request({ cmd: 'x', value: `€${'x'.repeat(1_048_577 - around)}` })).toMatchObject({
    ok: false,
    code: 'too_large',
  });
  await setImmediate();
  expect(writes.map((text) => Buffer.byteLength(text))).toEqual([1_048_577]);
});

test('a request of 4096 values is sent, one more is refused as too large', async () => {
  const { client, writes } = openClient();
  const words = Array.from({ length: 4092 }, () => 'word');
  void client.request({ cmd: 'x', words });
  expect(await client.request({ cmd: 'x', words: [...words, 'word'] })).toMatchObject({
    ok: false,
    code: 'too_large',
  });
  await setImmediate();
  expect(writes).toHaveLength(1);
  expect(hasMoreValues(writes[0] ?? '', 4096)).toBe(false);
});

test.each([
  ['its end', (stream: Duplex) => stream.push(null)],
  ['a reset', (stream: Duplex) => stream.destroy(new Error('read ECONNRESET'))],
])('%s closes the channel once, and every request then and later is unavailable', async (_how, end) => {
  const { client, stream, heard } = openClient();
  const pending = client.request({ cmd: 'facts' });
  end(stream);
  expect(await pending).toMatchObject({ ok: false, code: 'unavailable' });
  expect(await client.request({ cmd: 'facts' })).toMatchObject({ ok: false, code: 'unavailable' });
  await setImmediate();
  expect(heard).toEqual(['close null']);
});

test.each([['null\n'], ['{"id":1,\n'], [`${'x'.repeat(16_777_217)}`]])(
  'a line that is no message closes the channel with a fault',
  async (text) => {
    const { client, stream, heard } = openClient();
    const pending = client.request({ cmd: 'facts' });
    stream.push('{"event":"permissions_changed"}\n');
    stream.push(text);
    expect(await pending).toMatchObject({ ok: false, code: 'unavailable' });
    expect(heard[0]).toBe('event permissions_changed');
    expect(heard[1]).toMatch(/^close the daemon sent what is no message: /);
    expect(heard).toHaveLength(2);
  },
);
