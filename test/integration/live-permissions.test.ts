import { rename, unlink, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type AxiumHome, makeAxiumHome } from './support/axium-home.ts';
import { type HostedDaemon, hostDaemon, runCli } from './support/hosted-daemon.ts';

let home: AxiumHome;
let daemon: HostedDaemon;

/** A spoke that asks to notify, once it is started and again at each change of its permissions. */
const WATCHFUL = `export async function register(axium, events) {
  const ask = () => axium.sendRequest({ cmd: 'notify', title: 'x' });
  events.on('permissions_changed', ask);
  await ask();
}`;

beforeEach(async () => {
  home = await makeAxiumHome();
});

afterEach(async () => {
  await daemon.end();
  await home.remove();
});

const notified = (effect: string, viaOverride: boolean) => () =>
  daemon.record(
    (entry) =>
      entry.type === 'decision' &&
      entry.action === 'notify' &&
      entry.effect === effect &&
      entry.via_override === viaOverride,
  );

test('a saved permissions.yaml takes effect without a restart, and the spoke is told', async () => {
  await home.addSpoke('watchful', 'permissions:\n  notify: true\n', WATCHFUL);
  daemon = await hostDaemon(home);
  await notified('allow', false)();
  await home.permissions('watchful:\n  notify: false\n');
  await notified('deny', true)();
  const change = await daemon.record(
    (entry) => entry.type === 'event' && entry.event === 'authz_change' && entry.detail.before !== null,
  );
  expect(change).toMatchObject({ spoke: 'watchful' });
});

test('each change is recorded with the rules before and after: what goes counts at once, what comes once it is confirmed', async () => {
  await home.permissions('watchful:\n  fs_read: [~/a]\n');
  await home.addSpoke('watchful', 'permissions:\n  notify: true\n', WATCHFUL);
  daemon = await hostDaemon(home);
  await notified('allow', false)();
  await home.permissions('watchful:\n  notify: false\n  fs_read: [~/b]\n');
  const change = (field: string, rule: string) =>
    daemon.record(
      (entry) =>
        entry.type === 'event' &&
        entry.event === 'authz_change' &&
        entry.detail.before !== null &&
        (entry.detail[field] as string[]).some((told) => told.startsWith(`${rule} (`)),
    );
  const { permissionsFile } = home.places;
  const [gone, come] = [await change('removed', 'notify: true'), await change('added', 'fs_read: ~/b')];
  expect(gone).toMatchObject({
    detail: { added: [], removed: [expect.any(String), `fs_read: ~/a (override, ${permissionsFile}:2:13)`] },
  });
  expect(come).toMatchObject({
    detail: {
      before: gone.type === 'event' ? gone.detail.after : '',
      added: [`fs_read: ~/b (override, ${permissionsFile}:3:13)`],
      removed: [],
      more: 0,
    },
  });
  expect(come.seq).toBeGreaterThan(gone.seq);
});

test('a permissions.yaml replaced by rename and one that is removed take effect as well', async () => {
  await home.permissions('watchful:\n  notify: false\n');
  await home.addSpoke('watchful', 'permissions:\n  notify: true\n', WATCHFUL);
  daemon = await hostDaemon(home);
  await notified('deny', true)();
  await writeFile(`${home.places.config}/new`, 'watchful:\n  notify: true\n');
  await rename(`${home.places.config}/new`, home.places.permissionsFile);
  await notified('allow', true)();
  await unlink(home.places.permissionsFile);
  await notified('allow', false)();
});

test('a job of a spoke that loses exec is ended', async () => {
  const code = `export const register = (axium) => axium.sendRequest({ cmd: 'daemon_exec', command: 'sleep 600' });`;
  await home.addSpoke('runner', 'permissions:\n  exec: true\n', code);
  daemon = await hostDaemon(home);
  await daemon.record((entry) => entry.type === 'event' && entry.event === 'spoke_ready');
  expect((await daemon.ask({ cmd: 'jobs_list' })).jobs).toMatchObject([
    { state: 'running', argv: ['/usr/bin/sleep', '600'] },
  ]);
  await home.permissions('runner:\n  exec: [sleep 1]\n');
  await daemon.record((entry) => entry.type === 'event' && entry.event === 'job_revoked');
  expect(await daemon.ask({ cmd: 'jobs_kill', job: 'j1' })).toMatchObject({
    job: { state: 'killed', signal: 'SIGKILL' },
  });
});

test('a job is ended when the right that it runs by expires', async () => {
  const code = `export function register(axium, events) {
    events.on('permissions_changed', () => axium.sendRequest({ cmd: 'daemon_exec', command: 'sleep 600' }));
  }`;
  await home.addSpoke('runner', '', code);
  daemon = await hostDaemon(home);
  await daemon.record((entry) => entry.type === 'event' && entry.event === 'spoke_ready');
  const expires = new Date(Date.now() + 4000).toISOString();
  await home.permissions(`runner:\n  exec: [{command: sleep 600, expires: '${expires}'}]\n`);
  await daemon.record((entry) => entry.type === 'outcome' && entry.ok);
  const revoked = await daemon.record((entry) => entry.type === 'event' && entry.event === 'job_revoked');
  expect(revoked).toMatchObject({ spoke: 'runner', detail: { argv: ['/usr/bin/sleep', '600'] } });
  expect(revoked.time >= expires).toBe(true);
});

test('a broken permissions.yaml changes nothing, is named with line and column, and stays without force over a restart', async () => {
  await home.permissions('watchful:\n  notify: false\n');
  await home.addSpoke('watchful', 'permissions:\n  notify: true\n', WATCHFUL);
  daemon = await hostDaemon(home);
  await notified('deny', true)();
  await daemon.end();
  await home.permissions('watchful:\n  notfy: true\n');
  const before = (await home.records()).length;
  daemon = await hostDaemon(home);
  const denied = await daemon.record(
    (entry) => entry.type === 'decision' && entry.seq > before && entry.action === 'notify',
  );
  expect(denied).toMatchObject({ effect: 'deny', via_override: true });
  const { overrides } = (await daemon.ask({ cmd: 'status' })) as unknown as {
    overrides: { problems: string[] };
  };
  expect(overrides.problems[0]).toContain(
    `${home.places.permissionsFile}:2:3: unknown key 'notfy'; did you mean 'notify'?`,
  );
});

test('with a permissions.yaml that was never valid, nothing beyond the HUD is allowed', async () => {
  await home.permissions('watchful: [\n');
  await home.addSpoke(
    'watchful',
    'permissions:\n  notify: true\n',
    `export async function register(axium) {
    await axium.sendRequest({ cmd: 'hud_segment_value', value: '[w]' });
    await axium.sendRequest({ cmd: 'notify', title: 'x' });
    await axium.sendRequest({ cmd: 'storage_list' });
  }`,
  );
  daemon = await hostDaemon(home);
  await daemon.record((entry) => entry.type === 'event' && entry.event === 'spoke_ready');
  const effects = (await home.records()).flatMap((entry) =>
    entry.type === 'decision' ? [[entry.action, entry.effect]] : [],
  );
  expect(effects).toEqual([
    ['hud', 'allow'],
    ['notify', 'deny'],
    ['storage', 'deny'],
  ]);
});

test('strict mode ignores every override, says so for each spoke, and warns of each restriction that it drops', async () => {
  await home.permissions('watchful:\n  notify: false\n  deny:\n    fs_read: [~/x]\n');
  await home.addSpoke('watchful', 'permissions:\n  notify: true\n', WATCHFUL);
  daemon = await hostDaemon(home, { AXIUM_PERMS_STRICT: '1' });
  await notified('allow', false)();
  const { stdout } = await runCli(home, ['daemon', 'logs', '--json']);
  expect(stdout).toContain('Strict mode enabled, ignoring overrides for spoke: watchful');
  expect(stdout).toContain(
    `strict mode drops a restriction of spoke watchful: ${home.places.permissionsFile}:2:11`,
  );
  expect(stdout).toContain(
    `strict mode drops a restriction of spoke watchful: ${home.places.permissionsFile}:4:15`,
  );
  expect(await daemon.ask({ cmd: 'ping' })).toMatchObject({ strict: true });
});

test('what is not taken is on record: a broken permissions.yaml, and a spoke whose manifest is broken', async () => {
  await home.addSpoke('broken', 'permisions: {}\n', WATCHFUL);
  await home.addSpoke('watchful', 'permissions:\n  notify: true\n', WATCHFUL);
  daemon = await hostDaemon(home);
  await notified('allow', false)();
  await home.permissions('watchful:\n  notify: maybe\n');
  const event = (name: string) => daemon.record((entry) => entry.type === 'event' && entry.event === name);
  expect(await event('spoke_refused')).toMatchObject({
    detail: {
      directory: expect.stringMatching(/\/broken$/),
      problem: expect.stringContaining("unknown key 'permisions'"),
    },
  });
  expect(await event('overrides_refused')).toMatchObject({
    detail: { problem: expect.stringContaining('permissions.yaml:2:11') },
  });
});
