import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ControlReplies } from '../../schemas/control-replies.ts';
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

const showing = (text: string) => `export const register = (axium) => axium.hud('${text}');\n`;

/** Settles with the first event of a kind, after so many earlier ones of that kind. */
async function event(name: string, spoke: string, after = 0) {
  let before = 0;
  const seen = new Set<number>();
  return daemon.record((entry) => {
    if (entry.type !== 'event' || entry.event !== name || entry.spoke !== spoke) return false;
    if (!seen.has(entry.seq)) before += 1;
    seen.add(entry.seq);
    return [...seen].toSorted((a, b) => a - b).indexOf(entry.seq) >= after && before > after;
  });
}

const status = async () => (await daemon.ask({ cmd: 'status' })) as unknown as ControlReplies['status'];
const pidOf = async (name: string) => (await status()).spokes.find((spoke) => spoke.name === name)?.pid;
const hud = async () => (await daemon.ask({ cmd: 'hud' })).segments;

test('a changed spoke is exchanged without being asked for, and it alone, however its file was replaced', async () => {
  const directory = await home.addSpoke('one', '', showing('[1]'));
  await home.addSpoke('two', '', showing('[2]'));
  daemon = await hostDaemon(home);
  await Promise.all([event('spoke_ready', 'one'), event('spoke_ready', 'two')]);
  const [one, two] = [await pidOf('one'), await pidOf('two')];
  await writeFile(`${directory}/main.mjs~`, showing('[no]'));
  await writeFile(`${directory}/new`, showing('[new]'));
  await rename(`${directory}/new`, `${directory}/main.mjs`);
  await event('spoke_stopped', 'one');
  expect(await pidOf('two')).toBe(two);
  expect(await pidOf('one')).not.toBe(one);
  expect(await hud()).toContainEqual({ spoke: 'one', value: '[new]' });
  await mkdir(`${directory}/lib`);
  await writeFile(`${directory}/lib/part.mjs`, 'export const part = 1;\n');
  await event('spoke_stopped', 'one', 1);
  expect(await pidOf('two')).toBe(two);
});

test('a new spoke is started and a removed one stopped without being asked for', async () => {
  daemon = await hostDaemon(home);
  const directory = await home.addSpoke('late', '', showing('[late]'));
  await event('spoke_ready', 'late');
  await rm(directory, { recursive: true });
  await event('spoke_stopped', 'late');
  expect([(await status()).spokes, await hud()]).toEqual([[], []]);
});

test('code that does not start leaves the running version as it is, with its HUD, and that is told', async () => {
  const directory = await home.addSpoke('one', '', showing('[1]'));
  daemon = await hostDaemon(home);
  await event('spoke_ready', 'one');
  const pid = await pidOf('one');
  const broken = `export async function register(axium) { await axium.hud('[bad]'); throw new Error('no luck'); }\n`;
  await writeFile(`${directory}/main.mjs`, broken);
  await event('spoke_failed', 'one');
  const { spokes, refused, notes } = await status();
  expect(spokes).toMatchObject([{ state: 'ready', pid }]);
  expect(refused).toMatchObject([{ directory, problems: [expect.stringContaining('no luck')] }]);
  expect(notes.filter((note) => note.includes('spoke one goes on as it was'))).toHaveLength(1);
  expect(await hud()).toEqual([{ spoke: 'one', value: '[1]' }]);
  const reloaded = await runCli(home, ['spoke', 'reload', 'one']);
  expect(reloaded).toMatchObject({ code: 1, stderr: expect.stringContaining('no luck') });
  expect(await pidOf('one')).toBe(pid);
  await writeFile(`${directory}/main.mjs`, showing('[mended]'));
  await event('spoke_stopped', 'one', 2);
  expect((await status()).refused).toEqual([]);
  expect(await hud()).toEqual([{ spoke: 'one', value: '[mended]' }]);
});

test('a spoke.yaml that is broken leaves the running version as it is, with its rights, and that is told', async () => {
  const directory = await home.addSpoke('one', 'permissions:\n  notify: true\n', showing('[1]'));
  daemon = await hostDaemon(home);
  await event('spoke_ready', 'one');
  const pid = await pidOf('one');
  // In one step: half of a file is another broken one.
  await writeFile(`${directory}/.new`, 'name: one\nentrypoint: main:register\npermisions: {}\n');
  await rename(`${directory}/.new`, `${directory}/spoke.yaml`);
  let { refused, spokes } = await status();
  while (refused.length === 0) ({ refused, spokes } = await status());
  expect(refused[0]?.problems[0]).toContain("spoke.yaml:3:1: unknown key 'permisions'");
  expect(spokes).toMatchObject([{ state: 'ready', pid }]);
  const rights = await daemon.ask({ cmd: 'get_permissions', spoke: 'one' });
  expect(rights).toMatchObject({ effective: { notify: { value: true } } });
});

test('the rights of a changed spoke.yaml are those of the version that is tried, and count once it has taken its place', async () => {
  // What it asked for in the beginning its user has consented to, and needs not be asked again.
  const directory = await home.addSpoke('one', 'permissions:\n  notify: true\n', showing('[1]'));
  daemon = await hostDaemon(home);
  await event('spoke_ready', 'one');
  await home.addSpoke('one', '', showing('[1]'));
  await event('spoke_stopped', 'one');
  const asking = `export async function register(axium) { await axium.notify({ title: 'mine' }); }\n`;
  await writeFile(`${directory}/main.mjs`, asking);
  await event('spoke_failed', 'one');
  const before = (await home.records()).length;
  const manifest = 'name: one\nversion: 0.2.0\nentrypoint: main:register\npermissions:\n  notify: true\n';
  await writeFile(`${directory}/spoke.yaml`, manifest);
  const added = await daemon.record(
    (entry) =>
      entry.seq > before &&
      entry.type === 'event' &&
      entry.event === 'authz_change' &&
      (entry.detail.added as string[]).length > 0,
  );
  expect(added).toMatchObject({
    detail: { added: [`notify: true (base, ${directory}/spoke.yaml:5:11)`], removed: [], more: 0 },
  });
  expect((await status()).spokes).toMatchObject([{ version: '0.2.0', state: 'ready' }]);
});

test('a spoke that crashes again and again ends in quarantine, which the user is told of, and one command lifts', async () => {
  const directory = await home.addSpoke(
    'evil',
    '',
    `import fs from 'node:fs';\nexport function register() { fs.writeSync(3, 'x\\n'); }\n`,
  );
  daemon = await hostDaemon(home);
  await event('spoke_quarantined', 'evil');
  expect((await status()).notes).toContainEqual(
    expect.stringMatching(
      /^spoke evil is quarantined: it broke the rules of the wire.*'axium spoke reload evil'$/,
    ),
  );
  expect((await runCli(home, ['notify', 'drain'])).stdout).toContain(
    'system: Spoke evil is quarantined\n  it broke the rules of the wire: a line is not a message\n  Run: axium spoke reload evil\n',
  );
  expect((await runCli(home, ['spoke', 'reload'])).code).toBe(1);
  const { stdout } = await runCli(home, ['spoke', 'reload', 'evil']);
  expect(stdout).toContain('quarantined');
  await event('spoke_quarantined', 'evil', 1);
  await writeFile(`${directory}/main.mjs`, showing('[good]'));
  await event('spoke_ready', 'evil');
});

test('a spoke whose confinement is configured in another way is exchanged by a reload, and the others are not', async () => {
  await home.addSpoke('one', '', showing('[1]'));
  await home.addSpoke('two', '', showing('[2]'));
  daemon = await hostDaemon(home);
  await Promise.all([event('spoke_ready', 'one'), event('spoke_ready', 'two')]);
  const two = await pidOf('two');
  await writeFile(home.places.configFile, 'sandbox:\n  spokes:\n    one: { isolation: worker }\n');
  expect((await runCli(home, ['spoke', 'reload'])).code).toBe(0);
  expect((await status()).spokes).toMatchObject([
    { name: 'one', level: 'none', pid: null, state: 'ready' },
    { name: 'two', pid: two, state: 'ready' },
  ]);
});

test('what spoke.yaml no longer asks for is gone at once, also where the spoke does not run without it', async () => {
  await home.put('secret', 'kept');
  await home.put('notes', 'kept');
  const permissions = 'permissions:\n  fs_read: [~/secret, ~/notes]\n';
  const directory = await home.addSpoke(
    'stubborn',
    permissions,
    `export async function register(axium, events) {
  if (!(await axium.sendRequest({ cmd: 'fs_read', path: '~/secret' })).ok) throw new Error('not without it');
  events.on('permissions_changed', async () => {
    await axium.sendRequest({ cmd: 'fs_read', path: '~/secret' });
    await axium.sendRequest({ cmd: 'fs_read', path: '~/notes' });
  });
}`,
  );
  daemon = await hostDaemon(home);
  await event('spoke_ready', 'stubborn');
  const file = `${directory}/spoke.yaml`;
  await writeFile(file, (await readFile(file, 'utf8')).replace('~/secret, ', ''));
  await event('spoke_failed', 'stubborn');
  const old = (await status()).spokes.find(({ name }) => name === 'stubborn');
  expect(old?.state).toBe('ready');
  // Asked by the version that goes on, because it was told of the change.
  const denied = await daemon.record(
    (entry) => entry.type === 'decision' && entry.effect === 'deny' && /-1$/.test(entry.subject),
  );
  expect(denied).toMatchObject({
    command: 'fs_read',
    resource: '~/secret',
    reason: expect.not.stringMatching(/changing/),
  });
  // What both ask for goes on.
  const allowed = await daemon.record(
    (entry) => entry.type === 'decision' && entry.resource === '~/notes' && /-1$/.test(entry.subject),
  );
  expect(allowed).toMatchObject({ effect: 'allow' });
});
