import { once } from 'node:events';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ChannelFault } from '../../core/channel/fault.ts';
import { WorkerStream } from '../../core/sandbox/worker-stream.ts';
import { PORT } from '../../schemas/port.ts';
import { PortStream } from '../../spokes/runtime/port-stream.mts';
import { until } from '../jobs/support/processes.ts';

/** The daemon's stream, and the bare port of a spoke that keeps to nothing. */
function makeBare(): { readonly stream: WorkerStream; readonly port: MessagePort } {
  const { port1, port2 } = new MessageChannel();
  const stream = new WorkerStream(port1);
  stream.on('error', () => {});
  onTestFinished(() => {
    stream.destroy();
    port2.close();
  });
  return { stream, port: port2 };
}

/** Both ends as they are in a daemon with a spoke. */
function makePair(): { readonly ours: WorkerStream; readonly theirs: PortStream } {
  const { port1, port2 } = new MessageChannel();
  const [ours, theirs] = [new WorkerStream(port1), new PortStream(port2)];
  onTestFinished(() => {
    ours.destroy();
    theirs.destroy();
  });
  return { ours, theirs };
}

/** So many bytes, no two neighbouring kilobytes of which are the same. */
function bytes(length: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_, at) => at ^ (at >> 10)));
}

const SIZES = [1, 17, PORT.maxPiece, PORT.maxPiece + 1, 5 * PORT.maxPiece + 3];

describe.each(['to the spoke', 'to the daemon'])('%s', (direction) => {
  test('all bytes come through, whole and in order, however many are written at once', async () => {
    const { ours, theirs } = makePair();
    const [from, to] = direction === 'to the spoke' ? [ours, theirs] : [theirs, ours];
    const sent = SIZES.map(bytes);
    const whole = Buffer.concat(sent);
    const received: Buffer[] = [];
    to.on('data', (chunk: Buffer) => received.push(chunk));
    const ended = once(to, 'end');
    for (const chunk of sent) from.write(chunk);
    await until(() => received.reduce((sum, { length }) => sum + length, 0) >= whole.length);
    from.destroy();
    await ended;
    expect(Buffer.concat(received).equals(whole)).toBe(true);
  });

  test('what nobody reads stays with whoever sends it', async () => {
    const { ours, theirs } = makePair();
    const [from, to] = direction === 'to the spoke' ? [ours, theirs] : [theirs, ours];
    for (let count = 0; count < 20; count += 1) from.write(Buffer.alloc(PORT.maxPiece, 1));
    await until(() => to.readableLength > 0);
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(to.readableLength).toBeLessThanOrEqual(PORT.credits * PORT.maxPiece);
    expect(to.readableLength + from.writableLength).toBeGreaterThanOrEqual(20 * PORT.maxPiece);
    to.resume();
    await until(() => from.writableLength === 0);
  });
});

test('a spoke that gives no credits gets no more than it had', async () => {
  const { stream, port } = makeBare();
  const pieces: unknown[] = [];
  port.on('message', (piece) => pieces.push(piece));
  for (let count = 0; count < 10; count += 1) stream.write('x');
  await until(() => pieces.length === PORT.credits);
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  expect(pieces).toHaveLength(PORT.credits);
  port.postMessage(1);
  await until(() => pieces.length === PORT.credits + 1);
});

test('a spoke is sent no memory but that of its own bytes', async () => {
  const { stream, port } = makeBare();
  const came = once(port, 'message');
  stream.write(Buffer.from('in a pool with others'));
  const [piece] = (await came) as [Uint8Array];
  expect(piece.buffer.byteLength).toBe(piece.byteLength);
});

const oneByte = () => new Uint8Array(1);

describe('a stream is ended by', () => {
  const hidden = new Uint8Array(new ArrayBuffer(1_000_000), 5, 1);
  test.each<readonly [string, readonly unknown[], string]>([
    [
      'more pieces than there are credits for',
      Array.from({ length: 5 }, () => new Uint8Array(PORT.maxPiece)),
      'credits',
    ],
    ['small pieces without end', Array.from({ length: 200 }, oneByte), 'credits'],
    ['a piece above the cap', [new Uint8Array(PORT.maxPiece + 1)], 'no piece'],
    ['a piece of nothing, which would cost nothing', [new Uint8Array(0)], 'no piece'],
    ['memory that stays shared', [new Uint8Array(new SharedArrayBuffer(8))], 'no piece'],
    ['a view that hides more than it shows', [hidden], 'no piece'],
    ['text', ['{"id":1,"cmd":"hello"}\n'], 'no piece'],
    ['an object', [{ byteLength: 1 }], 'no piece'],
    ['nothing', [null], 'no piece'],
    ['credits for what was not sent', [1], 'not sent'],
    ['credits below zero', [-1], 'not sent'],
    ['half a credit', [0.5], 'not sent'],
    ['credits that are no number', [Number.NaN], 'not sent'],
  ])('%s', async (_, messages, what) => {
    const { stream, port } = makeBare();
    const failed = once(stream, 'error');
    const closed = once(port, 'close');
    // Nobody reads: the credits of what came are not given back.
    for (const message of messages) port.postMessage(message);
    const [error] = await failed;
    expect(error).toBeInstanceOf(ChannelFault);
    expect(String(error)).toContain(what);
    // What is sent from now on goes nowhere.
    await closed;
  });
});

test('last words are there as soon as they are asked for', async () => {
  const { stream, port } = makeBare();
  const said: string[] = [];
  stream.on('data', (chunk: Buffer) => said.push(String(chunk)));
  await new Promise((resolve) => setImmediate(resolve));
  port.postMessage(new Uint8Array(Buffer.from('one ')));
  port.postMessage(new Uint8Array(Buffer.from('two')));
  port.close();
  stream.drain();
  expect(said.join('')).toBe('one two');
});

test('a write that waits for credits is given up with the stream', async () => {
  const { stream } = makeBare();
  const written = new Promise((resolve) => {
    for (let count = 0; count < PORT.credits; count += 1) stream.write('x');
    stream.write('y', resolve);
  });
  stream.destroy();
  expect(await written).toBeInstanceOf(Error);
});
