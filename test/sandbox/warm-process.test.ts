import { existsSync, promises as files } from 'node:fs';
import { type Duplex, duplexPair, PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import type { Exit, Sandbox } from '../../core/sandbox/sandbox.ts';
import { WarmProcess } from '../../core/sandbox/warm-process.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';

const HELLO = `${JSON.stringify({ id: 1, cmd: 'hello', api: 1 })}\n`;
const HANDOVER = {
  tree: { directories: [], files: [{ name: 'main.mjs', bytes: Buffer.from('mine') }] },
  module: 'main.mjs',
  isAdmitted: async () => true,
};

/** A process without one: what it would say is written to `end`. */
async function startPlayed() {
  const [channel, end] = duplexPair();
  let exit: (exit: Exit) => void = () => {};
  const exited = new Promise<Exit>((resolve) => {
    exit = resolve;
  });
  const sandbox: Sandbox = {
    level: 'none',
    start: ({ directory, module }) => ({
      ...{ pid: () => 7, channel, exited, moduleUrl: `file://${directory}/${module}` },
      ...{ stdout: new PassThrough(), stderr: new PassThrough() },
      kill: () => exit({ code: null, signal: 'SIGKILL' }),
    }),
  };
  const directory = `${makeTemporaryDirectory()}/warm`;
  const warm = await WarmProcess.start({ files }, sandbox, directory);
  return { warm, end, directory };
}

/** Settles once this was written and read on the other side. */
const write = (end: Duplex, text: string) =>
  new Promise<void>((resolve) => end.write(text, () => setImmediate(resolve)));

test('what says hello can be taken, and whoever takes it reads that first and all that follows', async () => {
  const { warm, end, directory } = await startPlayed();
  await write(end, HELLO.slice(0, 9));
  expect(warm.isReady).toBe(false);
  await write(end, HELLO.slice(9));
  expect([await warm.ready, warm.isReady]).toEqual([true, true]);
  const taken = await warm.take(HANDOVER);
  expect([taken?.pid(), taken?.moduleUrl]).toEqual([7, `file://${directory}/main.mjs`]);
  let read = '';
  taken?.channel.on('data', (bytes: Buffer) => {
    read += bytes;
  });
  await write(end, '{"id":2,"cmd":"ready"}\n');
  expect(read).toBe(`${HELLO}{"id":2,"cmd":"ready"}\n`);
  taken?.kill();
  await warm.gone;
  expect(existsSync(directory)).toBe(false);
});

test.for([
  ['a byte after hello', [HELLO, 'x'], 'it said more than hello'],
  ['a request after hello', [HELLO, '{"id":2,"cmd":"notify","title":"x"}\n'], 'it said more than hello'],
  ['hello and more at once', [`${HELLO}x`], 'what it said was not hello'],
  ['another line', ['{"id":1,"cmd":"notify","title":"x"}\n'], 'what it said was not hello'],
  ['what is no message', ['\n'], 'what it said was not hello'],
  ['much without an end', ['x'.repeat(300)], 'it said more than hello'],
] as const)('what says %s before it has a spoke is ended, and cannot be taken', async ([, said, breach]) => {
  const { warm, end, directory } = await startPlayed();
  for (const text of said) await write(end, text);
  await warm.gone;
  expect([warm.breach, warm.isReady, existsSync(directory)]).toEqual([breach, false, false]);
  expect(await warm.take(HANDOVER)).toBeNull();
});

test('one that ends before it has said hello is not ready, and leaves nothing', async () => {
  const { warm, directory } = await startPlayed();
  warm.kill();
  expect([await warm.ready, await warm.gone, existsSync(directory)]).toEqual([false, undefined, false]);
});
