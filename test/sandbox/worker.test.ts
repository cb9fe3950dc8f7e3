import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { ChannelFault } from '../../core/channel/fault.ts';
import type { ConfinedProcess, Exit } from '../../core/sandbox/sandbox.ts';
import { workerSandbox } from '../../core/sandbox/worker.ts';
import { PORT } from '../../schemas/port.ts';
import { until } from '../jobs/support/processes.ts';
import { createPowers } from '../support/powers.ts';
import { writeTree } from '../support/spoke-directory.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';

interface Thread extends ConfinedProcess {
  readonly printed: () => string;
  /** All that it printed, once it has ended. */
  readonly end: () => Promise<Exit & { readonly printed: string }>;
}

/** A thread in which this code takes the place of the runtime; `port` is its end of the channel. It ends with the test. */
function startThread(code: string, memory = 256): Thread {
  const directory = writeTree(makeTemporaryDirectory(), {
    'thread.cjs': `const { workerData } = require('node:worker_threads');\nconst { port } = workerData;\n${code}`,
  });
  const runtime = { node: '', python: '', directory, permissionFlags: () => [] };
  const thread = workerSandbox(createPowers(), runtime, () => memory).start({
    directory,
    module: 'main.mjs',
  });
  let printed = '';
  const keep = (chunk: Buffer) => {
    printed += chunk.toString();
  };
  thread.stdout.on('data', keep);
  thread.stderr.on('data', keep);
  const closed = [thread.stdout, thread.stderr].map(
    (stream) => new Promise((resolve) => stream.once('end', resolve)),
  );
  onTestFinished(async () => {
    thread.channel.destroy();
    thread.kill();
    await thread.exited;
  });
  return {
    ...thread,
    printed: () => printed,
    async end() {
      const exit = await thread.exited;
      await Promise.all(closed);
      return { ...exit, printed };
    },
  };
}

test('a thread finds nothing of the daemon: no environment, no arguments, no input, its port alone', async () => {
  const thread = startThread(`
    process.stdin.on('data', () => console.log('input')).resume();
    const argv = process.argv.slice(2);
    console.log(JSON.stringify({ env: process.env, argv, execArgv: process.execArgv, data: Object.keys(workerData) }));
  `);
  const { code, printed } = await thread.end();
  expect(code).toBe(0);
  expect(JSON.parse(printed)).toEqual({ env: {}, argv: [], execArgv: [], data: ['port'] });
});

test('a thread has no process to be seen, signalled or limited by, and its module where it lies', () => {
  const thread = startThread('port.on("message", () => {});');
  expect([thread.pid(), thread.moduleUrl]).toEqual([
    null,
    expect.stringMatching(/^file:\/\/\/.*\/main\.mjs$/),
  ]);
});

test('a thread that calls process.exit ends itself and nothing else', async () => {
  expect(await startThread('process.exit(7);').end()).toEqual({ code: 7, signal: null, printed: '' });
});

test.each([
  ['an error', "throw new Error('no luck');", /Error: no luck\n +at .*thread\.cjs:3:/],
  ['an error later on', "setTimeout(() => { throw new Error('no luck'); });", /Error: no luck\n +at /],
  [
    'an error whose parts are no text',
    "throw Object.assign(new Error('x'), { stack: { toString: 1 }, code: { toString: 1 } });",
    /\S/,
  ],
  ['what is no error', 'throw { toString: 1 };', /^it threw what is no error\n$/],
  ['nothing', 'throw undefined;', /^it threw what is no error\n$/],
  ['a rejection', "void Promise.reject(new Error('no luck'));", /no luck/],
])(
  'a thread that throws ends itself and nothing else, and what it threw is in what it printed: %s',
  async (_, code, said) => {
    const { printed, ...exit } = await startThread(code).end();
    expect(exit).toEqual({ code: 1, signal: null });
    expect(printed).toMatch(said);
  },
);

test.each([
  ['in a loop', 'console.log("begun"); setImmediate(() => { for (;;); });'],
  ['in a loop of awaits', 'console.log("begun"); setImmediate(async () => { for (;;) await null; });'],
  [
    'waiting for what never comes',
    'console.log("begun"); setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));',
  ],
  [
    'catching all that is thrown',
    'console.log("begun"); setImmediate(() => { for (;;) try { for (;;); } catch {} finally { continue; } });',
  ],
])('a thread can be ended whatever it does: %s', async (_, code) => {
  const thread = startThread(code);
  await until(() => thread.printed().includes('begun'));
  thread.kill();
  expect(await thread.exited).toEqual({ code: 1, signal: null });
  thread.kill();
});

test('a thread that is busy is seen to be, and one that waits is not', async () => {
  const busy = startThread('port.on("message", () => { for (;;); }); port.postMessage(new Uint8Array(1));');
  const idle = startThread('port.on("message", () => {});');
  await new Promise((resolve) => busy.channel.once('data', resolve));
  const before = [busy, idle].map((thread) => thread.busySeconds?.() ?? 0);
  busy.channel.write('x');
  await until(() => (busy.busySeconds?.() ?? 0) > (before[0] ?? 0) + 0.2);
  const [byBusy = 0, byIdle = 0] = [busy, idle].map(
    (thread, at) => (thread.busySeconds?.() ?? 0) - (before[at] ?? 0),
  );
  expect(byIdle).toBeLessThan(byBusy);
});

test('a thread whose heap is full ends alone, and that is known as the reason', async () => {
  const thread = startThread('const all = []; for (;;) all.push(new Array(1000).fill(1.5));', 32);
  expect(await thread.exited).toEqual({
    code: 1,
    signal: null,
    excess: 'it took more memory than its heap of 32 MiB holds',
  });
});

test('a flood of pieces that nobody reads is cut off at the credits', async () => {
  const thread = startThread(`for (;;) port.postMessage(new Uint8Array(${PORT.maxPiece}).fill(32));`);
  let read = 0;
  thread.channel.on('readable', () => {
    read = thread.channel.readableLength;
  });
  const [fault] = await once(thread.channel, 'error');
  expect(fault).toEqual(new ChannelFault('more came through its port than it had credits for'));
  thread.kill();
  await thread.exited;
  expect(read).toBeLessThanOrEqual(PORT.credits * PORT.maxPiece);
});

test('the last words of a thread are heard before its end is told, however busy the daemon is', async () => {
  const thread = startThread(`
    port.postMessage(new Uint8Array(Buffer.from('last words')));
    process.exit(3);
  `);
  let said = '';
  thread.channel.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  // Nothing is dealt with while the thread ends, so that its end and its words are there at once.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 400);
  await thread.exited;
  expect(said).toBe('last words');
});
