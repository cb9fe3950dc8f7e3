import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { DAEMON_DEFAULTS } from '../../cli/spawn-daemon.ts';
import { makeUnit } from '../../cli/unit-file.ts';
import { PACKAGE } from '../cli/support/cli.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';

/** The settings of a unit in their order, without its comments. */
function settingsOf(unit: string): readonly (readonly [string, string])[] {
  const lines = unit.split('\n').filter((line) => /^[A-Za-z]+=/.test(line));
  return lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] as const);
}

const plain = () => makeUnit({ node: process.execPath, root: PACKAGE, env: {} });

const ANALYZE = '/usr/bin/systemd-analyze';

/** Where systemd finds something to say about a unit, this throws with it. */
async function verify(unit: string): Promise<string> {
  const directory = makeTemporaryDirectory();
  await writeFile(`${directory}/axiumd.service`, unit);
  const env = { PATH: '/usr/bin:/bin', HOME: directory, XDG_RUNTIME_DIR: directory, LC_ALL: 'C' };
  const words = ['verify', '--user', '--man=no', `${directory}/axiumd.service`];
  const { stdout, stderr } = await promisify(execFile)(ANALYZE, words, { env });
  return stdout + stderr;
}

describe.skipIf(!existsSync(ANALYZE))(`with ${ANALYZE}`, () => {
  test('systemd has nothing to say against the unit', async () => {
    expect(await verify(await plain())).toBe('');
  });

  test('systemd says what is wrong with a unit, so that its silence counts', async () => {
    const unit = (await plain()).replace('WatchdogSec=', 'WatchDogSec=');
    expect(await verify(unit)).toContain("'WatchDogSec'");
  });

  test.each([
    'with blanks',

    'with %h and %%',
    'ünï',
    '#;@-+!:',
  ])('systemd finds a node below a directory %s, whatever that means in a unit', async (name) => {
    const directory = `${makeTemporaryDirectory()}/${name}`;
    await mkdir(directory);
    await symlink(process.execPath, `${directory}/node`);
    const unit = await makeUnit({ node: `${directory}/node`, root: PACKAGE, env: {} });
    expect(await verify(unit)).toBe('');
    await expect(verify(unit.replace('/node', '/nosuch'))).rejects.toThrow('is not executable');
  });
});

test.each([
  '/opt/$HOME/node',
  '/opt/a\nExecStartPre=/bin/evil',
  '/opt/\u0007/node',
  '/opt/"/node',
  "/opt/'/node",
  '/opt/\\x/node',
])('a path that would mean something else in a unit is refused: %j', async (path) => {
  await expect(makeUnit({ node: path, root: PACKAGE, env: {} })).rejects.toThrow('a unit cannot hold them');
  await expect(
    makeUnit({ node: process.execPath, root: PACKAGE, env: { XDG_STATE_HOME: path } }),
  ).rejects.toThrow('a unit cannot hold them');
});

test('the places of the files are carried over, and nothing else of the environment', async () => {
  const env = { XDG_STATE_HOME: '/srv/my state', XDG_CONFIG_HOME: 'relative', PATH: '/bin', TOKEN: 'secret' };
  const unit = await makeUnit({ node: process.execPath, root: PACKAGE, env });
  const environment = settingsOf(unit).filter(([name]) => name === 'Environment');
  expect(environment.map(([, value]) => value)).toEqual([
    ...Object.entries(DAEMON_DEFAULTS).map((pair) => pair.join('=')),
    '"XDG_STATE_HOME=/srv/my state"',
  ]);
});

/** See "What is not here" in the unit, and systemd.exec(5). */
const UNFIT = {
  'takes sudo its set-id bit, or implies what does':
    /^(?:NoNewPrivileges|SystemCall\w+|RestrictNamespaces|RestrictAddressFamilies|RestrictRealtime|RestrictSUIDSGID|MemoryDenyWriteExecute|LockPersonality|ProtectClock|ProtectHostname|ProtectKernel\w+|PrivateDevices|DynamicUser|SecureBits|CapabilityBoundingSet|AmbientCapabilities)$/,
  'needs a user namespace of its own, or is one':
    /^(?:PrivateUsers|PrivateMounts|PrivateTmp|PrivateNetwork|PrivateIPC|ProtectSystem|ProtectHome|ReadOnlyPaths|ReadWritePaths|InaccessiblePaths|ExecPaths|NoExecPaths|TemporaryFileSystem|Bind\w*Paths|RootDirectory|RootImage|MountFlags)$/,
  'covers what bubblewrap and cgroups need': /^(?:ProtectProc|ProcSubset|ProtectControlGroups|MountAPIVFS)$/,
};

test.each(Object.entries(UNFIT))('no setting of the unit %s', async (_what, unfit) => {
  const found = settingsOf(await plain()).filter(([name]) => unfit.test(name));
  expect(found).toEqual([]);
});

test('the unit says how the daemon is started, watched, ended and held', async () => {
  const settings = Object.fromEntries(settingsOf(await plain()));
  expect(settings).toMatchObject({
    Type: 'notify',
    NotifyAccess: 'all',
    ExecStart: `${process.execPath} ${PACKAGE}/dist/core/main.js`,
    ExecReload: '/bin/kill -HUP $MAINPID',
    Restart: 'on-failure',
    StartLimitBurst: '5',
    KillMode: 'mixed',
    Delegate: 'memory pids cpu',
    OOMPolicy: 'continue',
    UMask: '0077',
    LimitCORE: '0',
  });
  expect(Number(settings.WatchdogSec)).toBeGreaterThan(0);
  expect(Number(settings.TimeoutStopSec)).toBeGreaterThan(15);
});

test('the template is part of the package', async () => {
  const { files } = JSON.parse(await readFile(`${PACKAGE}/package.json`, 'utf8'));
  const template = 'packaging/systemd/axiumd.service';
  expect((files as string[]).filter((entry) => `${template}/`.startsWith(`${entry}/`))).not.toEqual([]);
});
