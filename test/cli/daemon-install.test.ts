import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import { SYSTEMD_NOTIFY } from '../../schemas/service.ts';
import { axium, PACKAGE } from './support/cli.ts';
import { gone, pidIn } from './support/real-daemon.ts';
import { makeServiceWorld, type ServiceWorld } from './support/service-world.ts';

const ENABLE = '--user enable --now axiumd.service';
const UNSET = '--user unset-environment AXIUM_PERMS_STRICT';
const RESET = '--user reset-failed axiumd.service';

async function ping(world: ServiceWorld) {
  return JSON.parse((await axium(world, 'ping', '--json')).stdout);
}

/** Without systemd-notify nothing is installed, which is tested below. */
describe.skipIf(!existsSync(SYSTEMD_NOTIFY))(`with ${SYSTEMD_NOTIFY}`, { timeout: 60_000 }, () => {
  test('install writes the unit, has it enabled and started, and says so', async () => {
    const world = await makeServiceWorld();
    const { code, stdout, stderr } = await axium(world, 'daemon', 'install');
    const pid = pidIn(stdout);
    expect({ code, stderr, lines: stdout.split('\n').slice(0, 3) }).toEqual({
      code: 0,
      stderr: '',
      lines: [
        'wrote ~/.config/systemd/user/axiumd.service',
        'axiumd.service is enabled: it starts when you log in',
        `axiumd started, pid ${pid}`,
      ],
    });
    expect(await world.calls()).toEqual([
      '--user show-environment',
      '--user daemon-reload',
      UNSET,
      RESET,
      ENABLE,
    ]);
    expect(await ping(world)).toMatchObject({ pid, service: true, strict: false });
    expect(await readFile(world.unit, 'utf8')).toContain(
      `\nExecStart=${process.execPath} ${PACKAGE}/dist/core/main.js\n`,
    );
  });

  test('installing the same once more leaves the unit and the daemon as they are', async () => {
    const world = await makeServiceWorld();
    const pid = pidIn((await axium(world, 'daemon', 'install')).stdout);
    const { stdout } = await axium(world, 'daemon', 'install');
    expect(stdout.split('\n').slice(0, 2)).toEqual([
      'axiumd.service is enabled: it starts when you log in',
      `axiumd is running, pid ${pid}`,
    ]);
  });

  test('installing over an older unit of ours replaces it and restarts the service', async () => {
    const world = await makeServiceWorld();
    const pid = pidIn((await axium(world, 'daemon', 'install')).stdout);
    const unit = await readFile(world.unit, 'utf8');
    await writeFile(world.unit, unit.replace('WatchdogSec=60', 'WatchdogSec=90'));
    const { stdout } = await axium(world, 'daemon', 'install');
    expect(await readFile(world.unit, 'utf8')).toBe(unit);
    expect(stdout).toContain(`axiumd restarted, pid ${(await ping(world)).pid}\n`);
    expect(await gone(pid)).toBe(true);
  });

  test('uninstall ends the service and removes the unit, and nothing beside it', async () => {
    const world = await makeServiceWorld();
    const pid = pidIn((await axium(world, 'daemon', 'install')).stdout);
    await writeFile(`${dirname(world.unit)}/other.service`, '[Service]\n');
    await world.calls();
    expect(await axium(world, 'daemon', 'uninstall')).toEqual({
      code: 0,
      stdout: 'axiumd stopped\nremoved ~/.config/systemd/user/axiumd.service\n',
      stderr: '',
    });
    expect(await world.calls()).toEqual([
      '--user show-environment',
      '--user disable --now axiumd.service',
      '--user daemon-reload',
      UNSET,
    ]);
    expect(await gone(pid)).toBe(true);
    expect(await readdir(dirname(world.unit))).toEqual(['other.service']);
    expect(existsSync(`${world.home}/.local/state/axium/audit.jsonl`)).toBe(true);
  });

  test('stop, start and restart of a service are done by systemctl', async () => {
    const world = await makeServiceWorld();
    const first = pidIn((await axium(world, 'daemon', 'install')).stdout);
    await world.calls();
    expect((await axium(world, 'daemon', 'stop')).stdout).toBe('axiumd stopped\n');
    expect(await gone(first)).toBe(true);
    expect(await world.calls()).toEqual(['--user stop axiumd.service']);
    const second = pidIn((await axium(world, 'daemon', 'start')).stdout);
    expect(await world.calls()).toEqual([
      '--user is-enabled --quiet axiumd.service',
      UNSET,
      RESET,
      '--user start axiumd.service',
    ]);
    expect(await ping(world)).toMatchObject({ pid: second, service: true });
    const { stdout } = await axium(world, 'daemon', 'restart');
    expect(stdout.split('\n')[0]).toBe(`axiumd restarted, pid ${pidIn(stdout)}`);
    expect(await world.calls()).toEqual([UNSET, RESET, '--user restart axiumd.service']);
    expect(await gone(second)).toBe(true);
    expect(await ping(world)).toMatchObject({ pid: pidIn(stdout), service: true });
  });

  test('restart hands the strict mode of its caller to the service, on and off, though no variable of the shell reaches it', async () => {
    const world = await makeServiceWorld();
    await axium(world, 'daemon', 'install');
    for (const [said, strict] of [
      ['yes', true],
      [undefined, false],
      ['no', false],
    ] as const) {
      const { code, stdout, stderr } = await axium(
        world.with({ AXIUM_PERMS_STRICT: said }),
        'daemon',
        'restart',
      );
      expect({ code, stderr, on: stdout.includes('strict mode: on\n') }).toEqual({
        code: 0,
        stderr: '',
        on: strict,
      });
      expect(await ping(world)).toMatchObject({ strict, service: true });
    }
  });

  test('restart fails where the unit keeps the service from being as strict as its caller asked', async () => {
    const world = await makeServiceWorld();
    await axium(world, 'daemon', 'install');
    const unit = await readFile(world.unit, 'utf8');
    await writeFile(world.unit, `${unit}\n[Service]\nEnvironment=AXIUM_PERMS_STRICT=0\n`);
    await world.systemctl('daemon-reload');
    const { code, stderr } = await axium(world.with({ AXIUM_PERMS_STRICT: '1' }), 'daemon', 'restart');
    expect({ code, stderr }).toEqual({
      code: 70,
      stderr:
        "axium: strict mode is off in the daemon, though AXIUM_PERMS_STRICT asks for on; where its unit or environment.d sets the variable, that wins: see 'systemctl --user show-environment'\n",
    });
  });

  test('install carries the places of the files over, which the service manager does not know', async () => {
    const world = await makeServiceWorld();
    const moved = world.with({
      XDG_CONFIG_HOME: `${world.home}/c`,
      XDG_STATE_HOME: `${world.home}/s`,
    });
    expect((await axium(moved, 'daemon', 'install')).code).toBe(0);
    const log = `${world.home}/s/axium/daemon.log`;
    // It answers a moment before it says so there.
    await expect.poll(() => readFile(log, 'utf8')).toContain('the daemon started');
    await axium(moved, 'daemon', 'uninstall');
  });

  test('a service that nobody can tell anything serves all the same, and says once that it could not', async () => {
    const world = await makeServiceWorld();
    await axium(world, 'daemon', 'install');
    await axium(world, 'daemon', 'stop');
    const log = await readFile(`${world.home}/.local/state/axium/daemon.log`, 'utf8');
    expect(log.match(/the service manager could not be told/g)).toHaveLength(1);
    expect(log).toContain('the daemon stopped');
  });

  test('install refuses while a daemon runs that was started by hand, and leaves it alone', async () => {
    const world = await makeServiceWorld();
    const pid = pidIn((await axium(world, 'daemon', 'start')).stdout);
    expect(await axium(world, 'daemon', 'install')).toEqual({
      code: 1,
      stdout: '',
      stderr: `axium: a daemon that was started by hand is running, pid ${pid}; end it with 'axium daemon stop', then install\n`,
    });
    expect(await ping(world)).toMatchObject({ pid, service: false });
    expect(existsSync(world.unit)).toBe(false);
  });

  test('install refuses a broken config.yaml before it writes anything', async () => {
    const world = await makeServiceWorld();
    const config = `${world.home}/.config/axium`;
    await mkdir(config, { recursive: true, mode: 0o700 });
    await writeFile(`${config}/config.yaml`, 'spokes:\n  bundeld: [creds]\n', { mode: 0o600 });
    const { code, stderr } = await axium(world, 'daemon', 'install');
    expect(code).toBe(78);
    expect(stderr).toContain('config.yaml:2:3');
    expect(existsSync(world.unit)).toBe(false);
  });
});

test.skipIf(existsSync(SYSTEMD_NOTIFY))(
  `install refuses where ${SYSTEMD_NOTIFY} is missing, by which the daemon says that it is ready`,
  async () => {
    const world = await makeServiceWorld();
    const { code, stderr } = await axium(world, 'daemon', 'install');
    expect({ code, named: stderr.startsWith(`axium: ${SYSTEMD_NOTIFY}: not found`) }).toEqual({
      code: 69,
      named: true,
    });
    expect(existsSync(world.unit)).toBe(false);
  },
);

test('a dry run prints the unit and every command, and does neither', async () => {
  const world = await makeServiceWorld();
  const { code, stdout } = await axium(world, 'daemon', 'install', '--dry-run');
  expect(code).toBe(0);
  const lines = stdout.split('\n');
  expect(lines[0]).toBe('would write ~/.config/systemd/user/axiumd.service:');
  expect(lines).toContain(`  ExecStart=${process.execPath} ${PACKAGE}/dist/core/main.js`);
  expect(lines.slice(-3)).toEqual([
    'would run systemctl --user daemon-reload',
    'would run systemctl --user enable --now axiumd.service',
    '',
  ]);
  expect(await world.calls()).toEqual([]);
  expect(existsSync(`${world.home}/.config`)).toBe(false);
});

test.each([
  ['there is no systemctl', { PATH: '/nowhere' }, 69, 'systemctl: not found on the PATH'],
  ['no service manager answers', { STAND_IN_DOWN: '1' }, 69, 'no service manager of this user answers'],
  ['AXIUM_HOME is set', { AXIUM_HOME: '/srv/axium' }, 64, 'AXIUM_HOME: expected none'],
])('install where %s says what works instead, and writes nothing', async (_what, env, exit, message) => {
  const world = await makeServiceWorld();
  const { code, stdout, stderr } = await axium(world.with(env), 'daemon', 'install');
  expect({ code, stdout }).toEqual({ code: exit, stdout: '' });
  expect(stderr.split('\n')[0]).toContain(message);
  expect(stderr.split('\n')[0]).toContain("'axium daemon start'");
  expect(existsSync(`${world.home}/.config`)).toBe(false);
});

test.each([
  ['a unit of somebody else', (path: string) => writeFile(path, '[Service]\nExecStart=/bin/true\n')],
  ['an empty file, which masks the unit', (path: string) => writeFile(path, '')],
  ['a link, which masks the unit', (path: string) => symlink('/dev/null', path)],
])('install and uninstall leave %s alone', async (_what, put) => {
  const world = await makeServiceWorld();
  await mkdir(dirname(world.unit), { recursive: true });
  await put(world.unit);
  const was = await readFile(world.unit, 'utf8');
  for (const verb of ['install', 'uninstall']) {
    const { code, stdout, stderr } = await axium(world, 'daemon', verb);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain("expected no file or one that 'axium daemon install' has written");
  }
  expect(await readFile(world.unit, 'utf8')).toBe(was);
  expect(await readlink(world.unit).catch(() => null)).toBe(
    was === '' && _what.startsWith('a link') ? '/dev/null' : null,
  );
  expect(await world.calls()).toEqual([]);
});

test('uninstall where nothing is installed says so and is no failure', async () => {
  const world = await makeServiceWorld();
  expect(await axium(world, 'daemon', 'uninstall')).toEqual({
    code: 0,
    stdout: 'the service is not installed\n',
    stderr: '',
  });
  expect(await world.calls()).toEqual([]);
});

test('a daemon started by hand in a terminal that is a service itself is no service, and systemctl is not asked', {
  timeout: 60_000,
}, async () => {
  const world = await makeServiceWorld();
  const shell = world.with({ NOTIFY_SOCKET: '/nowhere/notify', INVOCATION_ID: 'f'.repeat(32) });
  await axium(shell, 'daemon', 'start');
  expect(await ping(world)).toMatchObject({ service: false });
  expect((await axium(shell, 'daemon', 'restart')).code).toBe(0);
  expect((await axium(shell, 'daemon', 'stop')).stdout).toBe('axiumd stopped\n');
  expect(await world.calls()).toEqual([]);
  const log = await readFile(`${world.home}/.local/state/axium/daemon.log`, 'utf8');
  expect(log).not.toContain('the service manager');
});
