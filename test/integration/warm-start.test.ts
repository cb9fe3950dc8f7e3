import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ControlReplies } from '../../schemas/control-replies.ts';
import { end, gone } from '../jobs/support/processes.ts';
import { survives } from '../scenarios/support/running.ts';
import { type AxiumHome, makeAxiumHome } from './support/axium-home.ts';
import { type Answer, type HostedDaemon, hostDaemon } from './support/hosted-daemon.ts';

let home: AxiumHome;
let daemon: HostedDaemon;

beforeEach(async () => {
  home = await makeAxiumHome();
});

afterEach(async () => {
  await daemon.end();
  await home.remove();
});

const status = async () => (await daemon.ask({ cmd: 'status' })) as unknown as ControlReplies['status'];
const pidOf = async (name: string) => (await status()).spokes.find((spoke) => spoke.name === name)?.pid;

/** The number of the process that was started ahead, once it is ready and is another one than this. */
async function warmPid(other: number | null = null): Promise<number> {
  for (;;) {
    const { warm } = await status();
    if (warm.state === 'ready' && warm.pid !== null && warm.pid !== other) return warm.pid;
  }
}

/** Settles with what was recorded when a spoke was ready for the first time, or after that record. */
const ready = async (spoke: string, after = 0) => {
  const found = await daemon.record(
    (entry) =>
      entry.type === 'event' && entry.event === 'spoke_ready' && entry.spoke === spoke && entry.seq > after,
  );
  return found as typeof found & { readonly detail: { readonly warm?: true; readonly level: string } };
};

const IDLE = 'export function register() {}\n';

/** A daemon with a spoke that was started in the usual way and a process that waits for the next one. */
async function withWarm(): Promise<number> {
  await home.addSpoke('first', '', IDLE);
  daemon = await hostDaemon(home);
  expect((await ready('first')).detail.warm).toBeUndefined();
  return warmPid();
}

/** What a spoke finds and gets, where it lies left out of it. */
const LOOKS_AROUND = `
import { readdirSync, readFileSync } from 'node:fs';

const attempt = async (what) => {
  try {
    return await what();
  } catch (error) {
    return String(error.code ?? error.message);
  }
};

export async function register(axium, events) {
  const own = import.meta.dirname;
  const found = {
    spoke: axium.spoke.version,
    url: import.meta.url,
    cwd: process.cwd(),
    argv: process.argv,
    execArgv: process.execArgv,
    environment: Object.keys(process.env),
    files: readdirSync(own).sort(),
    cwdFiles: readdirSync('.').sort(),
    text: readFileSync(own + '/lines.txt', 'utf8'),
    dynamic: (await import('./lib/part.cjs')).default,
    missing: await attempt(() => import('./none.mjs')),
    stack: new Error('here').stack.split('\\n').slice(0, 2),
    memory: typeof process.memoryUsage().heapUsed,
    write: await attempt(() => import('node:fs').then((fs) => fs.writeFileSync(own + '/new', ''))),
    root: await attempt(() => readdirSync('/')),
    others: await attempt(() => readdirSync(own + '/..')),
    system: await attempt(() => readFileSync('/etc/passwd', 'utf8')),
    kept: await axium.storage.put('key', 'value').then(() => axium.storage.get('key')),
    notes: await axium.fs.read('~/note.txt'),
    denied: await attempt(() => axium.fs.read('~/other.txt')),
    ran: (await axium.exec(['uname', '-s'], { mode: 'wait' })).code,
    can: await axium.permissions.can('notify'),
    notified: await attempt(() => axium.notify({ title: 'x' })),
    command: await axium.command('greet', async () => 0, { about: 'says hello' }).then(() => 'there'),
    listens: typeof events.on('permissions_changed', () => {}),
    every: typeof axium.every('1h', () => {}),
  };
  await axium.hud('[up]');
  await axium.storage.put('answers', JSON.stringify(found).replaceAll(own, '<own>'));
}
`;
const RIGHTS = `permissions:
  exec: true
  fs_read: [~/note.txt]
`;

async function addLooking(name: string): Promise<string> {
  const directory = `${home.places.spokesDirectory}/${name}`;
  await mkdir(`${directory}/lib`, { recursive: true });
  await writeFile(`${directory}/lines.txt`, 'one\ntwo\n');
  await writeFile(`${directory}/lib/part.cjs`, 'module.exports = require("./other.cjs").length;\n');
  await writeFile(`${directory}/lib/other.cjs`, 'module.exports = __dirname.slice(-4);\n');
  return home.addSpoke(name, RIGHTS, LOOKS_AROUND);
}

test.for([
  ['the level of this host', ''],
  ['kernel', 'sandbox:\n  skip: [strong]\n'],
] as const)(
  'at %s a small spoke is given the process that was started ahead, and finds, may and does there what it does in one of its own',
  async ([, config]) => {
    await mkdir(home.places.config, { recursive: true });
    await writeFile(home.places.configFile, config);
    await home.put('note.txt', 'mine');
    await home.put('other.txt', 'not mine');
    await addLooking('first');
    const pid = await (async () => {
      daemon = await hostDaemon(home);
      return warmPid();
    })();
    const before = await ready('first');
    await addLooking('second');
    const after = await ready('second');
    expect(before.detail.warm).toBeUndefined();
    expect(after.detail).toMatchObject({ warm: true, level: before.detail.level });
    expect(await pidOf('second')).toBe(pid);
    const [first, second] = [await daemon.answersOf('first'), await daemon.answersOf('second')];
    // What its own manifest says of it is the only difference.
    expect(JSON.stringify(second)).toBe(JSON.stringify(first));
    expect(first).toMatchObject({ dynamic: 4, text: 'one\ntwo\n', kept: 'value', notes: 'mine', ran: 0 });
    // No process has two spokes, and the next one has one of its own.
    expect(await warmPid(pid)).not.toBe(pid);
  },
);

test('its limits are those of a spoke that was started in the usual way', async () => {
  const warm = await withWarm();
  await home.addSpoke('second', '', IDLE);
  await ready('second');
  const limitsOf = async (pid: number) => {
    for (;;) {
      const text = await readFile(`/proc/${pid}/limits`, 'utf8');
      const [data = '', files, core] = ['data size', 'open files', 'core file size'].map(
        (name) => new RegExp(`^Max ${name}\\s+(\\S+)`, 'm').exec(text)?.[1],
      );
      // They are set while the code of the spoke is loaded.
      if (data !== 'unlimited' && files === '256') return { data: Number(data), files, core };
    }
  };
  const [usual, ahead] = [await limitsOf((await pidOf('first')) ?? 0), await limitsOf(warm)];
  expect(ahead).toMatchObject({ files: usual.files, core: usual.core });
  expect(Math.abs(ahead.data - usual.data)).toBeLessThan(32 * 1_048_576);
});

test('one that throws is told of with its own file and line', async () => {
  await withWarm();
  const directory = await home.addSpoke(
    'second',
    '',
    `\nexport function register() {\n  throw new Error('no luck');\n}\n`,
  );
  const failed = await daemon.record((entry) => entry.type === 'event' && entry.event === 'spoke_failed');
  expect(failed).toMatchObject({ detail: { reason: `${directory}/main.mjs:3:9: Error: no luck` } });
  const { text } = (await daemon.ask({ cmd: 'spoke_logs', spoke: 'second' })) as Answer & {
    readonly text: string;
  };
  expect(text).toContain(`(file://${directory}/main.mjs:3:9)`);
});

test('a spoke that is not small, or is run in another way, leaves the process to others', async () => {
  const pid = await withWarm();
  const large = await home.addSpoke('large', '', IDLE);
  await writeFile(`${large}/data`, 'x'.repeat(300_000));
  const linked = await home.addSpoke('linked', '', IDLE);
  await symlink('main.mjs', `${linked}/other.mjs`);
  await writeFile(home.places.configFile, 'sandbox:\n  spokes:\n    thread:\n      isolation: worker\n');
  await home.addSpoke('thread', '', IDLE);
  await daemon.ask({ cmd: 'spoke_reload' });
  for (const name of ['large', 'linked', 'thread']) expect((await ready(name)).detail.warm).toBeUndefined();
  expect((await status()).warm).toEqual({ state: 'ready', pid });
});

test('a process that is killed while it waits is replaced, and no spoke notices', async () => {
  const pid = await withWarm();
  const first = await pidOf('first');
  const before = (await home.records()).length;
  end(pid);
  await warmPid(pid);
  expect([await pidOf('first'), (await home.records()).slice(before)]).toEqual([first, []]);
  const { refused, spokes } = await status();
  expect([refused, spokes]).toMatchObject([[], [{ name: 'first', state: 'ready', reason: null }]]);
});

test('a changed spoke is exchanged for what its files hold by then', async () => {
  const pid = await withWarm();
  const { seq } = await ready('first');
  await home.addSpoke('first', '', "export const register = (axium) => axium.hud('[new]');\n");
  expect(await ready('first', seq)).toMatchObject({ detail: { warm: true } });
  await daemon.record((entry) => entry.type === 'event' && entry.event === 'spoke_stopped');
  expect(await pidOf('first')).toBe(pid);
  expect((await daemon.ask({ cmd: 'hud' })).segments).toEqual([{ spoke: 'first', value: '[new]' }]);
});

test('sandbox.warm turns it off, and a reload ends the process that waits', async () => {
  await home.addSpoke('first', '', IDLE);
  await mkdir(home.places.config, { recursive: true });
  await writeFile(home.places.configFile, 'sandbox:\n  warm: false\n');
  daemon = await hostDaemon(home);
  await ready('first');
  expect([(await status()).warm, existsSync(home.places.warm)]).toEqual([{ state: 'off', pid: null }, false]);
  await writeFile(home.places.configFile, '');
  await daemon.ask({ cmd: 'spoke_reload' });
  const pid = await warmPid();
  await writeFile(home.places.configFile, 'sandbox:\n  warm: false\n');
  await daemon.ask({ cmd: 'spoke_reload' });
  await gone(pid);
  expect((await status()).warm).toEqual({ state: 'off', pid: null });
});

test('nothing of it is left when the daemon has ended, and when it was killed', async () => {
  const pid = await withWarm();
  await daemon.end();
  expect([await survives(pid), existsSync(home.places.warm)]).toEqual([false, false]);
  daemon = await hostDaemon(home);
  await ready('first');
  const other = await warmPid();
  await daemon.end('SIGKILL');
  expect(await survives(other)).toBe(false);
  const [left] = await readdir(home.places.warm);
  daemon = await hostDaemon(home);
  expect(existsSync(`${home.places.warm}/${left}`)).toBe(false);
});

// Elsewhere than in /etc/axium only root can put the policy of the host.
test.skipIf(process.getuid?.() !== 0)(
  'code that the host names by its hash runs ahead where its copy has that hash',
  async () => {
    const policy = `${home.root}/etc/policy.yaml`;
    await mkdir(`${home.root}/etc`, { mode: 0o755 });
    await home.addSpoke('first', '', IDLE);
    const directory = await home.addSpoke('second', '', IDLE);
    const { hashCode } = await import('../../core/registry/code-hash.ts');
    const { promises } = await import('node:fs');
    const hash = await hashCode(promises, directory);
    await writeFile(policy, `spokes: [first, {name: second, sha256: ${hash}}]\n`, { mode: 0o644 });
    daemon = await hostDaemon(home, {}, [], [`--host-policy=${policy}`]);
    const { seq, detail } = await ready('second');
    expect(detail.warm).toBeUndefined();
    await warmPid();
    await daemon.ask({ cmd: 'spoke_reload', spoke: 'second' });
    expect((await ready('second', seq)).detail.warm).toBe(true);
    await writeFile(`${directory}/main.mjs`, 'export function register() { /* not what was pinned */ }\n');
    expect(
      await daemon.record((entry) => entry.type === 'event' && entry.event === 'spoke_refused'),
    ).toMatchObject({ detail: { directory, problem: expect.stringContaining('by its hash') } });
  },
);
