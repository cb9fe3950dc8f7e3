import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parseTable } from '../../core/executor/table.ts';
import { dropInFor } from '../../core/privileged/drop-in.ts';
import type { ActionTable } from '../../schemas/action-table.ts';
import { PACKAGE } from '../cli/support/cli.ts';
import {
  isRoot,
  makeExecutorWorld,
  NOT_ROOT,
  OPERATORS,
  operator,
  perform,
} from '../executor/support/executor-world.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';

const SERVICE = readFileSync(`${PACKAGE}/packaging/systemd/axium-executor.service`, 'utf8');
const SOCKET = readFileSync(`${PACKAGE}/packaging/systemd/axium-executor.socket`, 'utf8');
const SHIPPED = parseTable('actions.yaml', readFileSync(`${PACKAGE}/packaging/actions.yaml`, 'utf8'));
const ANALYZE = '/usr/bin/systemd-analyze';
const ACTIVATE = '/usr/bin/systemd-socket-activate';
/** What the unit may be at most, by the measure of systemd: from 0 to 10. */
const MAX_EXPOSURE = 2.0;

/** The shipped table with only these actions enabled. */
function enabling(...names: readonly string[]): ActionTable {
  const actions = Object.entries(SHIPPED.actions).map(([name, spec]) => [
    name,
    { ...spec, enabled: names.includes(name) },
  ]);
  return { version: 1, actions: Object.fromEntries(actions) };
}

async function writeUnits(dropIn: string | null): Promise<string> {
  const directory = makeTemporaryDirectory();
  const service = SERVICE.replace('{node}', process.execPath).replace('{package}', PACKAGE);
  await writeFile(`${directory}/axium-executor.service`, service);
  await writeFile(`${directory}/axium-executor.socket`, SOCKET);
  if (dropIn !== null) {
    await mkdir(`${directory}/axium-executor.service.d`);
    await writeFile(`${directory}/axium-executor.service.d/50-actions.conf`, dropIn);
  }
  return directory;
}

const analyze = async (...words: readonly string[]) => {
  const { stdout, stderr } = await promisify(execFile)(ANALYZE, words, {
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
  });
  return stdout + stderr;
};

async function exposureOf(dropIn: string | null): Promise<number> {
  const directory = await writeUnits(dropIn);
  const report = await analyze(
    'security',
    '--offline=true',
    '--no-pager',
    `${directory}/axium-executor.service`,
  );
  return Number(/exposure level for axium-executor\.service: ([\d.]+)/.exec(report)?.[1] ?? 'NaN');
}

test.skipIf(existsSync(ANALYZE))('the units', ({ skip }) => skip(`${ANALYZE} is not installed`));

describe.runIf(existsSync(ANALYZE))(`with ${ANALYZE}`, () => {
  test.each<[string, readonly string[]]>([
    ['for what is enabled where Axium comes from', ['restart_service']],
    ['widened for one action', ['network_interface']],
    [
      'widened for all but a rebuild',
      Object.keys(SHIPPED.actions).filter((name) => name !== 'rollback_generation'),
    ],
    ['widened for a rebuild of the system', ['rollback_generation']],
  ])('systemd has nothing to say against the units %s', async (_what, names) => {
    const directory = await writeUnits(dropInFor(enabling(...names)));
    const units = ['service', 'socket'].map((kind) => `${directory}/axium-executor.${kind}`);
    expect(await analyze('verify', '--man=no', ...units)).toBe('');
  });

  test(`the exposure of the service is at most ${MAX_EXPOSURE}, and what its actions need widens it`, async () => {
    expect(await exposureOf(dropInFor(enabling('restart_service')))).toBeLessThanOrEqual(MAX_EXPOSURE);
    const some = enabling(
      'restart_service',
      'renice',
      'kill_process',
      'set_cpu_governor',
      'clear_system_cache',
      'network_interface',
    );
    expect(await exposureOf(dropInFor(some))).toBeLessThanOrEqual(MAX_EXPOSURE);
    expect(await exposureOf(dropInFor(enabling('rollback_generation')))).toBeGreaterThan(MAX_EXPOSURE);
  });
});

test('a drop-in gives what the enabled actions need, and nothing of what the others do', () => {
  expect(dropInFor(enabling('restart_service'))).toBe(null);
  const lines = (...names: string[]) =>
    dropInFor(enabling(...names))
      ?.split('\n')
      .slice(3)
      .filter(Boolean);
  expect(lines('kill_process')).toEqual(['CapabilityBoundingSet=CAP_KILL']);
  expect(lines('renice', 'kill_process', 'network_interface')).toEqual([
    'CapabilityBoundingSet=CAP_KILL CAP_NET_ADMIN CAP_SYS_NICE',
    'SystemCallFilter=setpriority ioprio_set',
    'PrivateNetwork=no',
    'RestrictAddressFamilies=AF_NETLINK',
  ]);
  expect(lines('clear_system_cache')).toEqual(['ProtectKernelTunables=no', 'ReadWritePaths=/sys -/proc/sys']);
});

test('the module for NixOS confines the executor as the unit does', async () => {
  const module = await readFile(`${PACKAGE}/packaging/nixos/axium-executor.nix`, 'utf8');
  const [, block = ''] = /serviceConfig = \{\n(.*?)\n {6}\} \/\//s.exec(module) ?? [];
  const ofModule = new Map(
    [...block.matchAll(/^ +(\w+) = (.*);$/gm)].map(([, key = '', value = '']) => [key, plain(value)]),
  );
  const ofUnit = new Map<string, string>();
  for (const [, key = '', value = ''] of SERVICE.slice(SERVICE.indexOf('[Service]')).matchAll(
    /^(\w+)=(.*)$/gm,
  ))
    ofUnit.set(key, [ofUnit.get(key), value].filter(Boolean).join(' '));
  // Where the code lies, and what NixOS never sets.
  for (const key of ['ExecStart', 'UnsetEnvironment']) {
    ofModule.delete(key);
    ofUnit.delete(key);
  }
  expect(Object.fromEntries(ofModule)).toEqual(Object.fromEntries(ofUnit));
});

/** A value of Nix as it is written in a unit. */
function plain(value: string): string {
  if (value === 'true') return 'yes';
  return [...value.matchAll(/"([^"]*)"|(\d+)/g)].map(([, text, number]) => text ?? number).join(' ');
}

const lacking = isRoot ? (existsSync(ACTIVATE) ? null : `${ACTIVATE} is not installed`) : NOT_ROOT;
test.runIf(lacking)('the executor as systemd starts it', ({ skip }) => skip(lacking ?? ''));

test.skipIf(lacking)(
  'the executor takes its socket from systemd, and needs no capability for what is enabled',
  async () => {
    const world = makeExecutorWorld(`version: 1
actions:
  capabilities:
    description: Say what it has of root
    argv: [/usr/bin/grep, -E, '^(Uid|CapEff|NoNewPrivs)', /proc/self/status]
    tier: operator
    rate: {each: 5, all: 5, per: 1h}
`);
    onTestFinished(() => world.remove());
    const bare = [
      'setpriv',
      '--bounding-set=-all',
      '--inh-caps=-all',
      '--ambient-caps=-all',
      '--no-new-privs',
    ];
    const words = ['--table', world.table, '--state', `${world.directory}/state`, '--socket', '/nowhere'];
    const child = spawn(
      ACTIVATE,
      [
        `--listen=${world.socket}`,
        '--setenv=AXIUM_OPERATOR_GROUP',
        ...bare,
        process.execPath,
        `${PACKAGE}/dist/core/executor/main.js`,
        ...words,
      ],
      {
        stdio: ['ignore', 'ignore', 'pipe'],
        env: { PATH: '/usr/bin:/bin', AXIUM_OPERATOR_GROUP: String(OPERATORS) },
      },
    );
    onTestFinished(async () => {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    });
    await once(child.stderr, 'data');
    await promisify(execFile)('chmod', ['666', world.socket]);
    const answer = await world.ask(operator, perform('capabilities'));
    expect(answer?.stdout).toBe('Uid:\t0\t0\t0\t0\nCapEff:\t0000000000000000\nNoNewPrivs:\t1\n');
  },
);
