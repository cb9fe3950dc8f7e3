import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AuditRecord } from '../../schemas/audit.ts';
import { type AxiumHome, askingCode, makeAxiumHome } from './support/axium-home.ts';
import { type HostedDaemon, hostDaemon, runCli } from './support/hosted-daemon.ts';

const NOTE = "isolation: worker is no confinement, it shares the daemon's memory; config.yaml allows it";
const WORKER = 'sandbox:\n  spokes: {threaded: {isolation: worker}}\n';

let home: AxiumHome;
let daemon: HostedDaemon | null;

beforeEach(async () => {
  home = await makeAxiumHome();
  daemon = null;
});

afterEach(async () => {
  await daemon?.end();
  await home.remove();
});

/** Starts a daemon with one spoke, which the user runs as a thread. */
async function startWith(code: string, permissions = '', config = WORKER): Promise<HostedDaemon> {
  await home.addSpoke('threaded', permissions, code);
  await home.put('../axium/config/config.yaml', config);
  daemon = await hostDaemon(home);
  return daemon;
}

function isEvent(name: string) {
  return (entry: AuditRecord) => entry.type === 'event' && entry.event === name && entry.spoke === 'threaded';
}

async function reasonOf(host: HostedDaemon): Promise<unknown> {
  const failed = await host.record(isEvent('spoke_failed'));
  return failed.type === 'event' ? failed.detail.reason : null;
}

test('a spoke in a thread does the whole handshake, and is decided on and recorded like any other', async () => {
  const file = await home.put('notes/a.txt', 'the text');
  const host = await startWith(
    askingCode([
      { cmd: 'notify', title: 'here' },
      { cmd: 'fs_read', path: file },
      { cmd: 'fs_read', path: '/etc/passwd' },
      { cmd: 'notify', title: 'as another', spoke: 'good' },
    ]),
    `permissions:\n  notify: true\n  fs_read: [${home.home}/notes/*]\n`,
  );
  expect(await host.answersOf('threaded')).toMatchObject([
    { ok: true },
    { ok: true, data: 'the text' },
    { ok: false, code: 'denied' },
    { ok: false, code: 'identity' },
  ]);
  const decisions = (await home.records()).filter((entry) => entry.type === 'decision');
  expect(decisions.map(({ effect, level, principal }) => [effect, level, principal])).toEqual([
    ['allow', 'none', 'spoke:threaded'],
    ['allow', 'none', 'spoke:threaded'],
    ['deny', 'none', 'spoke:threaded'],
    ['deny', 'none', 'spoke:threaded'],
    ['allow', 'none', 'spoke:threaded'],
  ]);
  expect(await host.record(isEvent('spoke_ready'))).toMatchObject({ detail: { level: 'none' } });
});

test('answers larger than all credits together come through', async () => {
  const file = await home.put('notes/large', 'x'.repeat(6_000_000));
  const host = await startWith(
    `export async function register(axium) {
  const text = await axium.fs.read(${JSON.stringify(file)});
  const answers = [{ length: text.length, all: /^x+$/.test(text) }];
  await axium.storage.put('answers', JSON.stringify(answers));
}`,
    `permissions:\n  fs_read: [${home.home}/notes/*]\n`,
  );
  expect(await host.answersOf('threaded')).toEqual([{ length: 6_000_000, all: true }]);
});

test('status, perms show and doctor tell that it is confined by nothing, and why', async () => {
  const host = await startWith('export function register() {}');
  await host.record(isEvent('spoke_ready'));
  const status = (await runCli(home, ['status'])).stdout;
  expect(status).toContain(`note: spoke threaded: ${NOTE}\n`);
  expect(status).toMatch(/^threaded +0\.1\.0 +ready +none *$/m);
  const shown = (await runCli(home, ['perms', 'show', 'threaded'])).stdout;
  expect(shown).toContain('Sandbox level: none\n');
  expect(shown).toContain(NOTE);
  const doctor = JSON.parse((await runCli(home, ['doctor', '--json'])).stdout);
  expect(doctor.levels.at(-1)).toMatchObject({ level: 'none', problem: `spoke threaded: ${NOTE}` });
});

test('a spoke cannot choose it itself', async () => {
  const host = await startWith('', 'isolation: worker\n', '');
  const { refused, spokes } = (await host.ask({ cmd: 'spoke_list' })) as unknown as {
    refused: { problems: string[] }[];
    spokes: unknown[];
  };
  expect(spokes).toEqual([]);
  expect(refused[0]?.problems[0]).toContain("unknown key 'isolation'");
});

describe('a spoke in a thread ends alone', () => {
  const lines = {
    throws: [
      "export function register() { setTimeout(() => { throw new Error('no luck'); }); return new Promise(() => {}); }",
      'it ended with exit code 1',
    ],
    'fails to register': [
      "export function register() { throw new Error('no luck'); }",
      /\/threaded\/main\.mjs:1:36: Error: no luck$/,
    ],
    exits: ['export function register() { process.exit(7); }', 'it ended with exit code 7'],
    'fills its heap': [
      'export function register() { const all = []; for (;;) all.push(new Array(1000).fill(1.5)); }',
      'it took more memory than its heap of 16 MiB holds',
    ],
    aborts: ['export function register() { process.abort(); }', /process\.abort\(\) is not supported/],
    'sends what is no message': [sending("Buffer.from('[1]\\n')"), /^it broke the rules of the wire: a line/],
    'sends what is no text': [
      sending('Buffer.from([0xff, 10])'),
      /^it broke the rules of the wire: not UTF-8/,
    ],
    'sends a line without end': [
      sending('new Uint8Array(600_000).fill(97)', 2),
      /^it broke the rules of the wire: line too long/,
    ],
    'floods its port': [
      sending(`Buffer.from('{"id":9,"cmd":"storage_list"}\\n')`, Number.POSITIVE_INFINITY),
      'it broke the rules of the wire: more came through its port than it had credits for',
    ],
  } as const;
  test.each(Object.entries(lines))('that %s', async (_, [code, reason]) => {
    const host = await startWith(code, '', `${WORKER}  memory: 16\n`);
    const found = await reasonOf(host);
    if (typeof reason === 'string') expect(found).toBe(reason);
    else expect(found).toMatch(reason);
    expect(await host.ask({ cmd: 'ping' })).toMatchObject({ ok: true, pid: host.child.pid });
  });

  /** A spoke that gets at its port by the method that the runtime calls on it, and then sends by itself. */
  function sending(bytes: string, times = 1): string {
    return `import { MessagePort } from 'node:worker_threads';
export async function register(axium) {
  const { postMessage } = MessagePort.prototype;
  const port = await new Promise((resolve) => {
    MessagePort.prototype.postMessage = function (...args) {
      resolve(this);
      return postMessage.apply(this, args);
    };
    void axium.sendRequest({ cmd: 'storage_list' });
  });
  for (let count = 0; count < ${times}; count += 1) {
    const bytes = new Uint8Array(${bytes});
    postMessage.call(port, bytes);
  }
  await new Promise(() => {});
}`;
  }
});

test('what it prints and what it throws are in its log', async () => {
  const host = await startWith(`console.log('out');
console.error('err');
export function register() {
  setTimeout(() => { throw new Error('no luck'); });
  return new Promise(() => {});
}`);
  await reasonOf(host);
  const { text } = await host.ask({ cmd: 'spoke_logs', spoke: 'threaded' });
  expect(String(text)).toMatch(/^out$/m);
  expect(String(text)).toMatch(/^err$/m);
  expect(text).toContain('Error: no luck\n    at ');
});

const LOOPS = 'export function register() { setImmediate(() => { for (;;); }); }';

test('a spoke in a thread that does nothing but loop is ended for it', async () => {
  const host = await startWith(LOOPS, '', `${WORKER}  busy: 1s\n`);
  await host.record(isEvent('spoke_ready'));
  expect(await reasonOf(host)).toMatch(/^it kept a processor busy for \d+ s without a pause$/);
});

test('a daemon with a spoke in a thread that does nothing but loop ends all the same', async () => {
  const host = await startWith(LOOPS);
  await host.record(isEvent('spoke_ready'));
  daemon = null;
  await host.end();
  expect(host.child.exitCode).toBe(0);
  expect((await home.records()).filter(isEvent('spoke_stopped'))).toHaveLength(1);
});

test('a spoke in a thread is asked to stop, and says its last words', async () => {
  const host = await startWith(
    `export function register(axium, events) {
  events.on('shutdown', () => axium.storage.put('answers', '["stopped"]'));
}`,
  );
  await host.record(isEvent('spoke_ready'));
  daemon = null;
  await host.end();
  expect(await host.answersOf('threaded')).toEqual(['stopped']);
});
