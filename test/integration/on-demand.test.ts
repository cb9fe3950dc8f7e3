import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AuditRecord } from '../../schemas/audit.ts';
import type { ControlReplies } from '../../schemas/control-replies.ts';
import { missingProgram } from '../scenarios/support/levels.ts';
import { type AxiumHome, makeAxiumHome } from './support/axium-home.ts';
import { type HostedDaemon, hostDaemon, runCli } from './support/hosted-daemon.ts';

let home: AxiumHome;
let daemon: HostedDaemon;

beforeEach(async () => {
  home = await makeAxiumHome();
});

afterEach(async () => {
  await daemon.end();
  await home.remove();
});

const ON_DEMAND = (triggers: string, idle = '1s') =>
  `activation: on-demand\ntriggers: {${triggers}}\nidle: ${idle}\n`;

/** Notes what happens to it, in its storage, over all its processes. */
const CODE = `import { writeSync } from 'node:fs';
export async function register(axium, events) {
  const seen = JSON.parse((await axium.storage.get('seen')) ?? '[]');
  const note = async (line) => { seen.push(line); await axium.storage.put('seen', JSON.stringify(seen)); };
  let isReady = false;
  events.on('env_change', (now) => note('env ' + now + (isReady ? '' : ' too soon')));
  events.on('due', (timer) => note('due ' + timer));
  await note('start');
  await axium.hud('[' + seen.filter((line) => line === 'start').length + ']');
  axium.command('show', (args, { print, warn }) => { print(args.join('|')); warn('careful'); return 7; }, { about: 'shows' });
  await axium.command('seen', () => JSON.stringify(seen));
  await axium.command('crash', () => process.exit(3));
  await axium.command('breach', () => writeSync(3, 'x\\n'));
  await axium.command('rights', async () => String((await axium.permissions()).notify));
  isReady = true;
}
`;

type Status = ControlReplies['status'];
const status = async () => (await daemon.ask({ cmd: 'status' })) as unknown as Status;
const stateOf = async (name: string) => (await status()).spokes.find((spoke) => spoke.name === name)?.state;
const seenBy = async (name: string) => JSON.parse((await runCli(home, [name, 'seen'])).stdout) as string[];

type EventRecord = Extract<AuditRecord, { type: 'event' }>;
const isEvent = (record: AuditRecord, event: string, spoke: string): record is EventRecord =>
  record.type === 'event' && record.spoke === spoke && record.event === event;

/** Settles with an event of a spoke, the first after so many earlier ones of its kind. */
async function event(name: string, spoke: string, after = 0): Promise<EventRecord> {
  const seen = new Set<number>();
  return (await daemon.record((record) => {
    if (!isEvent(record, name, spoke)) return false;
    seen.add(record.seq);
    return [...seen].sort((one, other) => one - other).indexOf(record.seq) === after;
  })) as EventRecord;
}

/** Why each process of a spoke was started. */
const starts = async (spoke: string) =>
  (await home.records())
    .filter((record) => isEvent(record, 'spoke_starting', spoke))
    .map(({ detail }) => [detail.why, detail.trigger]);

/** How many processes the daemon has started that are still there. */
async function children(): Promise<number> {
  const tasks = `/proc/${daemon.child.pid}/task`;
  const lists = await Promise.all(
    (await readdir(tasks)).map((task) => readFile(`${tasks}/${task}/children`, 'utf8')),
  );
  return lists.flatMap((list) => list.split(' ').filter(Boolean)).length;
}

async function addTally(triggers = 'commands: [show, seen, crash, breach, rights]', idle = '1s') {
  return home.addSpoke('tally', ON_DEMAND(triggers, idle), CODE);
}

describe('an idle spoke', () => {
  test('has no process, and fifty of them have none', async () => {
    for (let at = 0; at < 50; at += 1) await home.addSpoke(`idle-${at}`, ON_DEMAND('commands: [show]'), CODE);
    daemon = await hostDaemon(home);
    const { spokes } = await status();
    expect(spokes.map(({ state, pid }) => ({ state, pid }))).toEqual(
      Array.from({ length: 50 }, () => ({ state: 'idle', pid: null })),
    );
    expect(await children()).toBe(0);
  });

  test('is listed as what it is, with the commands that start it', async () => {
    await addTally();
    daemon = await hostDaemon(home);
    const { stdout } = await runCli(home, ['spoke', 'list']);
    expect(stdout).toMatch(/^tally {2}0\.1\.0 {2}idle {2}\w+ {2}starts on demand\n$/);
    expect((await runCli(home, ['tally', '--help'])).stdout).toContain('  show');
    expect(await children()).toBe(0);
  });

  test('is not started by a command that its manifest does not name', async () => {
    await addTally('commands: [show]');
    daemon = await hostDaemon(home);
    expect(await runCli(home, ['tally', 'seen'])).toEqual({
      code: 64,
      stdout: '',
      stderr: "axium: spoke 'tally' does not run now, and is not started by a command 'seen'; it has: show\n",
    });
    expect(await starts('tally')).toEqual([]);
  });

  test('starts nothing when its files change, and is the changed one when it is started', async () => {
    const directory = await addTally();
    daemon = await hostDaemon(home);
    await writeFile(`${directory}/main.mjs`, CODE.replace("args.join('|')", "'changed'"));
    await event('spoke_idle', 'tally', 1);
    expect([await stateOf('tally'), await children(), await starts('tally')]).toEqual(['idle', 0, []]);
    expect((await runCli(home, ['tally', 'show'])).stdout).toBe('changed\n');
  });

  test('that is removed is gone, with its segment of the HUD', async () => {
    const directory = await addTally();
    daemon = await hostDaemon(home);
    await runCli(home, ['tally', 'show']);
    await event('spoke_idle', 'tally', 1);
    expect((await daemon.ask({ cmd: 'hud' })).segments).toContainEqual({ spoke: 'tally', value: '[1]' });
    await rm(directory, { recursive: true });
    await event('spoke_stopped', 'tally');
    expect(await stateOf('tally')).toBeUndefined();
    expect((await daemon.ask({ cmd: 'hud' })).segments).toEqual([]);
  });

  test('is started by a person who reloads it by its name', async () => {
    await addTally();
    daemon = await hostDaemon(home);
    expect((await runCli(home, ['spoke', 'reload', 'tally'])).stdout).toMatch(/^tally .* ready /);
  });

  test('is idle again after a restart of the daemon', async () => {
    await addTally();
    daemon = await hostDaemon(home);
    await runCli(home, ['tally', 'show']);
    await daemon.end();
    daemon = await hostDaemon(home);
    expect([await stateOf('tally'), await children()]).toEqual(['idle', 0]);
    expect(await seenBy('tally')).toEqual(['start', 'start']);
  });
});

describe('a command of a person', () => {
  test('starts it, and gives its output and exit code; then it is idle again, and shows what it did', async () => {
    await addTally();
    // No process that waits for the next start either.
    await home.put('../axium/config/config.yaml', 'sandbox: {warm: false}\n');
    daemon = await hostDaemon(home);
    expect(await runCli(home, ['tally', 'show', 'a b', '-x'])).toEqual({
      code: 7,
      stdout: 'a b|-x\n',
      stderr: 'careful\n',
    });
    expect(await starts('tally')).toEqual([['command', 'show']]);
    expect((await event('spoke_retiring', 'tally')).detail.reason).toBe('it had nothing to do for 1 s');
    await event('spoke_idle', 'tally', 1);
    expect([await stateOf('tally'), await children()]).toEqual(['idle', 0]);
    expect((await runCli(home, ['tally', '--help'])).stdout).toContain('show    shows');
  });

  test('that comes while it is ending starts it again', async () => {
    const slow = CODE.replace(
      '  await note(',
      "  events.on('shutdown', () => new Promise((resolve) => setTimeout(resolve, 900)));\n  await note(",
    );
    await home.addSpoke('tally', ON_DEMAND('commands: [show, seen]'), slow);
    daemon = await hostDaemon(home);
    await runCli(home, ['tally', 'show']);
    await event('spoke_retiring', 'tally');
    const called = await Promise.all([
      runCli(home, ['tally', 'seen']),
      runCli(home, ['tally', 'show', 'me']),
    ]);
    expect(called.map(({ code, stdout }) => [code, stdout])).toEqual([
      [0, '["start","start"]\n'],
      [7, 'me\n'],
    ]);
    expect((await starts('tally')).length).toBe(2);
  });

  test('is told why where it does not start', async () => {
    await home.addSpoke(
      'tally',
      ON_DEMAND('commands: [show]'),
      'export const register = () => { throw new Error("no"); };\n',
    );
    daemon = await hostDaemon(home);
    const { code, stderr } = await runCli(home, ['tally', 'show']);
    expect(code).toBe(69);
    expect(stderr).toContain("spoke 'tally' did not start, and is tried again soon: ");
    expect(stderr).toContain('no');
  });

  test('does not start one that was stopped by hand, unless it was changed since', async () => {
    const directory = await addTally();
    daemon = await hostDaemon(home);
    await runCli(home, ['spoke', 'stop', 'tally']);
    const stopped = await runCli(home, ['tally', 'show']);
    expect([stopped.code, stopped.stderr]).toEqual([
      69,
      "axium: spoke 'tally' was stopped; in an elevated session 'axium spoke reload tally' starts it\n",
    ]);
    await writeFile(`${directory}/more.mjs`, '');
    await event('spoke_idle', 'tally', 1);
    expect((await runCli(home, ['tally', 'show'])).code).toBe(7);
  });

  test('counts in strict mode, with the rights of spoke.yaml alone', async () => {
    await addTally();
    await home.permissions('tally: {notify: true}\n');
    daemon = await hostDaemon(home, { AXIUM_PERMS_STRICT: '1' });
    expect(await runCli(home, ['tally', 'rights'])).toEqual({ code: 0, stdout: 'false\n', stderr: '' });
  });
});

describe('an event', () => {
  test('starts it, and is told once, when it is ready, as those are that come while it runs', async () => {
    await home.put('../axium/config/envs.yaml', 'dev: {}\nprod: {}\n');
    await addTally('events: [env_change], commands: [seen]', '2s');
    daemon = await hostDaemon(home);
    for (const name of ['dev', 'prod', 'dev'])
      expect((await runCli(home, ['env', 'set', name])).code).toBe(0);
    await event('spoke_idle', 'tally', 1);
    await runCli(home, ['env', 'set', 'prod']);
    await event('spoke_idle', 'tally', 2);
    expect(await starts('tally')).toEqual([
      ['event', 'env_change'],
      ['event', 'env_change'],
    ]);
    expect(await seenBy('tally')).toEqual([
      'start',
      'env dev',
      'env prod',
      'env dev',
      'start',
      'env prod',
      'start',
    ]);
  });

  test('that its manifest does not name starts nothing', async () => {
    await addTally();
    await home.addSpoke('other', '', 'export function register() {}\n');
    daemon = await hostDaemon(home);
    await event('spoke_ready', 'other');
    await home.permissions('tally: {notify: true}\n');
    await event('authz_change', 'tally');
    expect([await stateOf('tally'), await starts('tally')]).toEqual(['idle', []]);
  });

  test('a change of its rights and a spoke that is ready start one that names them', async () => {
    await addTally('events: [permissions_changed]');
    await home.addSpoke('greeter', ON_DEMAND('events: [spoke_loaded]'), 'export function register() {}\n');
    daemon = await hostDaemon(home);
    await home.permissions('tally: {notify: true}\n');
    await event('spoke_ready', 'tally');
    expect(await starts('tally')).toEqual([['event', 'permissions_changed']]);
    // One that is itself started on demand starts no other.
    expect(await starts('greeter')).toEqual([]);
    await home.addSpoke('other', '', 'export function register() {}\n');
    await event('spoke_ready', 'greeter');
    expect(await starts('greeter')).toEqual([['event', 'spoke_loaded']]);
  });
});

test('a timer starts it when the daemon finds it, and is told', async () => {
  await addTally('every: 1d, commands: [seen]');
  daemon = await hostDaemon(home);
  await event('spoke_idle', 'tally', 1);
  expect(await starts('tally')).toEqual([['timer', 'every']]);
  expect(await seenBy('tally')).toEqual(['start', 'due every', 'start']);
});

describe('one that fails', () => {
  test('at work is tried again by itself, and is idle after that', async () => {
    await addTally();
    daemon = await hostDaemon(home);
    const { code, stderr } = await runCli(home, ['tally', 'crash']);
    expect([code, stderr]).toEqual([69, 'axium: the spoke ended before it was done\n']);
    await event('spoke_failed', 'tally');
    await event('spoke_idle', 'tally', 1);
    expect((await starts('tally')).length).toBe(2);
    expect(await stateOf('tally')).toBe('idle');
  });

  test('by breaking the rules is quarantined, and nothing but a person starts it', async () => {
    await addTally('commands: [show, breach], events: [permissions_changed]');
    daemon = await hostDaemon(home);
    await runCli(home, ['tally', 'breach']);
    await event('spoke_quarantined', 'tally');
    const refused = await runCli(home, ['tally', 'show']);
    expect(refused.code).toBe(69);
    expect(refused.stderr).toMatch(
      /^axium: spoke 'tally' is quarantined: it broke the rules of the wire: .*; once that is mended, run 'axium spoke reload tally'\n$/,
    );
    await home.permissions('tally: {notify: true}\n');
    await event('authz_change', 'tally');
    expect([await stateOf('tally'), (await starts('tally')).length]).toEqual(['quarantined', 1]);
  });
});

test('an open watch of files keeps it, and so does a command that takes its time', async () => {
  const code = `export async function register(axium) {
  await axium.command('wait', () => new Promise((resolve) => setTimeout(() => resolve('done'), 2500)));
  await axium.command('watch', async () => { const one = await axium.fs.watch('~/notes/a', () => {}); setTimeout(() => one.stop(), 2500); });
}
`;
  await home.addSpoke(
    'tally',
    `permissions: {fs_read: [~/notes/a]}\n${ON_DEMAND('commands: [wait, watch]')}`,
    code,
  );
  daemon = await hostDaemon(home);
  expect((await runCli(home, ['tally', 'wait'])).stdout).toBe('done\n');
  expect((await runCli(home, ['tally', 'watch'])).code).toBe(0);
  const [ready, retiring] = [
    await event('spoke_command_done', 'tally', 1),
    await event('spoke_retiring', 'tally'),
  ];
  expect(Date.parse(retiring.time) - Date.parse(ready.time)).toBeGreaterThan(2500);
  expect((await starts('tally')).length).toBe(1);
});

const withoutPython = missingProgram('python');

test.skipIf(withoutPython !== null)('one in Python is started, told of its time, and called', async () => {
  const directory = await home.addSpoke(
    'tally',
    `runtime: python\n${ON_DEMAND('every: 1d, commands: [seen]')}`,
    '',
  );
  await writeFile(
    `${directory}/main.py`,
    `def register(axium, events):
    events.on("due", lambda timer: axium.storage.put("due", timer))
    axium.command("seen", lambda words: axium.storage.get("due"))
`,
  );
  daemon = await hostDaemon(home);
  await event('spoke_idle', 'tally', 1);
  expect((await runCli(home, ['tally', 'seen'])).stdout).toBe('every\n');
});
