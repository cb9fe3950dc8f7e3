import { Buffer } from 'node:buffer';
import { describe, expect, test } from 'vitest';
import { ChannelFault } from '../../core/channel/fault.ts';
import { WIRE } from '../../schemas/wire.ts';
import { heldAnswers, makePair, requests, settle } from './support/channel-pair.ts';

/** What breaks the rules of the wire, and how the record names it. */
const BREACHES: readonly (readonly [string, string | Buffer, string])[] = [
  ['not JSON', 'x\n', 'a line is not a message'],
  ['an empty line', '\n', 'a line is not a message'],
  ['an array', '[]\n', 'a line is not a message'],
  ['a message without id', '{"cmd":"ping"}\n', 'a line is not a message'],
  ['a negative id', '{"id":-1,"cmd":"ping"}\n', 'a line is not a message'],
  ['a message without command', '{"id":1}\n', 'a line is not a message'],
  ['a line that is too long', `{"id":1,"cmd":"${'x'.repeat(WIRE.maxLine)}"}\n`, 'line too long'],
  ['a line without end', 'x'.repeat(WIRE.maxLine + 1), 'line too long'],
  ['a mebibyte of brackets', `${'['.repeat(WIRE.maxLine)}\n`, 'too many values in a line'],
  [
    'half a million values in one another',
    `{"id":1,"cmd":"x","a":${nested(500_000)}}\n`,
    'too many values in a line',
  ],
  [
    'one value too many',
    `{"id":1,"cmd":"x","a":[${list(WIRE.maxValues - 3)}]}\n`,
    'too many values in a line',
  ],
  ['a hundred thousand keys', `{"id":1,"cmd":"x"${',"k":0'.repeat(100_000)}}\n`, 'too many values in a line'],
  ['invalid UTF-8', Buffer.from([0x7b, 0xff, 0x7d, 0x0a]), 'not UTF-8'],
  ['more empty lines than a call has arguments', '\n'.repeat(WIRE.maxLine), 'a line is not a message'],
  ['a surrogate half', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22, 0x0a]), 'not UTF-8'],
];

function nested(depth: number): string {
  return '['.repeat(depth) + ']'.repeat(depth);
}

function list(length: number): string {
  return Array.from({ length }, () => '"value"').join();
}

describe.each(BREACHES)('%s', (_what, bytes, named) => {
  test('closes the channel and is told once', async () => {
    const { sendRaw, until, closes, breaches, ours } = makePair();
    sendRaw(bytes);
    await until(() => closes() === 1);
    sendRaw(bytes);
    sendRaw(`${JSON.stringify({ id: 1, cmd: 'ping' })}\n`);
    await settle();
    expect(breaches).toEqual([named]);
    expect(closes()).toBe(1);
    expect(ours.destroyed).toBe(true);
  });

  test('lets the requests before it through, and none after it', async () => {
    const { sendRaw, until, closes, served } = makePair();
    const line = (id: number) => Buffer.from(`${JSON.stringify({ id, cmd: 'ping' })}\n`);
    sendRaw(Buffer.concat([line(1), line(2), Buffer.from(bytes), line(3)]));
    await until(() => closes() === 1);
    await settle();
    expect(served.map(({ id }) => id)).toEqual([1, 2]);
  });
});

test('several breaches at once are told as the first of them', async () => {
  const { sendRaw, until, closes, breaches } = makePair();
  sendRaw(`x\ny\n${'z'.repeat(WIRE.maxLine + 1)}`);
  await until(() => closes() === 1);
  await settle();
  expect(breaches).toEqual(['a line is not a message']);
});

test('a line of the largest size is no breach', async () => {
  const { send, received, until, breaches } = makePair();
  const frame = JSON.stringify({ id: 1, cmd: 'x', pad: '' }).length;
  send({ id: 1, cmd: 'x', pad: 'x'.repeat(WIRE.maxLine - frame) });
  await until(() => received.length === 1);
  expect(breaches).toEqual([]);
});

test('a line of the most values is no breach, and what is text in it counts as none', async () => {
  const { sendRaw, received, until, breaches } = makePair();
  sendRaw(`{"id":1,"cmd":"x","a":[${list(WIRE.maxValues - 4)}]}\n`);
  sendRaw(`${JSON.stringify({ id: 2, cmd: 'x', a: '[{,"\\'.repeat(100_000) })}\n`);
  await until(() => received.length === 2);
  expect(breaches).toEqual([]);
});

test('an unknown command or a wrong field is no breach: that is answered', async () => {
  const { send, received, until, breaches } = makePair();
  send({ id: 1, cmd: 'nosuch' }, { id: 2, cmd: 'notify', title: 7, extra: {} });
  await until(() => received.length === 2);
  expect(breaches).toEqual([]);
});

describe('a channel that closes', () => {
  test('while a request is worked on drops the answer, and that is no breach', async () => {
    const { answer, give } = heldAnswers();
    const { send, theirs, until, served, closes, breaches, writes } = makePair({ answer });
    send(...requests(3));
    await until(() => served.length === 3);
    theirs.end();
    await until(() => closes() === 1);
    for (let left = 0; left < 3; left += 1) give();
    await settle();
    expect([writes(), breaches]).toEqual([0, []]);
  });

  test('with an error is closed like any other', async () => {
    const { ours, until, closes, breaches, channel } = makePair();
    ours.destroy(Object.assign(new Error('reset'), { code: 'ECONNRESET' }));
    await until(() => closes() === 1);
    channel.send({ event: 'shutdown' });
    channel.close();
    await settle();
    expect([closes(), breaches]).toEqual([1, []]);
  });

  test('in the middle of a line drops the line, and that is no breach', async () => {
    const { sendRaw, theirs, until, closes, breaches, served } = makePair();
    sendRaw('{"id":1,"cmd":"pi');
    theirs.end();
    await until(() => closes() === 1);
    expect([served, breaches]).toEqual([[], []]);
  });

  test('does not begin with requests that were waiting for their turn', async () => {
    const { answer, give } = heldAnswers();
    const { send, theirs, until, served, closes } = makePair({ limits: { heavyInFlight: 1 }, answer });
    send(...requests(3, 'heavy'));
    await until(() => served.length === 1);
    theirs.end();
    await until(() => closes() === 1);
    give();
    await settle();
    expect(served).toHaveLength(1);
  });

  test('does not begin with requests over the rate', async () => {
    const { channel, send, until, served, closes, clock } = makePair({ limits: { perSecond: 1, burst: 1 } });
    send(...requests(3));
    await until(() => served.length === 1);
    channel.close();
    await until(() => closes() === 1);
    clock.advance(10_000);
    await settle();
    expect(served).toHaveLength(1);
  });
});

test('an event is one line that was not asked for', async () => {
  const { channel, received, until } = makePair();
  channel.send({ event: 'permissions_changed' });
  channel.send({ event: 'shutdown' });
  await until(() => received.length === 2);
  expect(received).toEqual([{ event: 'permissions_changed' }, { event: 'shutdown' }]);
});

test('what the stream itself sees of a breach is told once, and what else goes wrong with it is none', async () => {
  const [faulty, broken] = [makePair(), makePair()];
  faulty.ours.destroy(new ChannelFault('out of turn'));
  broken.ours.destroy(new Error('reset'));
  await faulty.until(() => faulty.closes() === 1);
  await broken.until(() => broken.closes() === 1);
  expect([faulty.breaches, broken.breaches]).toEqual([['out of turn'], []]);
});
