import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { expect, onTestFinished, test } from 'vitest';
import { bundledNames } from '../../cli/bundled-names.ts';
import { Collection } from '../../cli/demo/collection.ts';
import { DEMO_SPOKES, EXPECTATIONS } from '../../cli/demo/expectations.ts';
import { axium, makeWorld, PACKAGE, runIn } from './support/cli.ts';
import { packageCopy, packageWith } from './support/package-copy.ts';
import { gone } from './support/real-daemon.ts';

/** A world whose temporary files lie in it, so that what the demo keeps is gone with it. */
async function worldWithTmp() {
  const world = await makeWorld();
  const TMPDIR = `${world.home}/tmp`;
  await mkdir(TMPDIR);
  return { ...world, tmp: TMPDIR, env: { ...world.env, TMPDIR } };
}

test('the demo runs all bundled spokes, and counts on something of each', async () => {
  expect(DEMO_SPOKES).toEqual(await bundledNames(PACKAGE));
  const counted = EXPECTATIONS.filter(({ mayNotCome }) => !mayNotCome).map(({ spoke }) => spoke);
  expect([...new Set(counted)]).toEqual(DEMO_SPOKES);
});

test('the demo shows every decision with its reason, ends with 0, and leaves nothing running', async () => {
  const world = await worldWithTmp();
  const { code, stdout, stderr } = await axium(world, 'demo');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const directory = /sample home in (\S+)/.exec(stdout)?.[1] ?? '';
  expect(stdout).toContain(`
  denied   exec aws sso login --profile default
           denied by exec: false (axium/config/permissions.yaml:3:9)
`);
  expect(stdout).toContain(`
  allowed  fs_read ~/.aws/config
           allowed by fs_read: ~/.aws/config (spokes/creds/spoke.yaml:`);
  expect(stdout).toContain(`
  denied   fs_read ~/.ssh/id_rsa
           no rule allows it
`);
  for (const spoke of DEMO_SPOKES) expect(stdout).toContain(`\n${spoke} (ready, sandbox level: `);
  const allowed = stdout.match(/^ {2}allowed {2}/gm)?.length;
  const denied = stdout.match(/^ {2}denied {3}/gm)?.length;
  expect(stdout).toContain(`requests: ${allowed} allowed, ${denied} denied\n`);
  expect(stdout).toMatch(/\] creds: Credentials expired\n/);
  const hud = /\nHUD\n {2}(.*)\n/.exec(stdout)?.[1] ?? '';
  expect(hud).toContain('[creds:N]');
  expect(hud).toContain('[nosy:12/14]');
  if (tellsScopes()) expect(hud).toContain('[git:1 dirty]');
  expect(stdout).toContain(`rm -r ${directory}\n`);
  const log = await readFile(`${directory}/axium/state/security.log`, 'utf8');
  expect(log).toContain(
    '[SECURITY] spoke=creds action=exec allowed=false detail=aws sso login --profile default via_override=true\n',
  );
  expect(await readFile(`${directory}/home/.bashrc`, 'utf8')).not.toContain('nosy was here');
  expect(await daemonsOf(directory)).toEqual([]);
});

test('a decision that is not the expected one ends the demo with 1 and is named', async () => {
  const root = await packageCopy();
  const manifest = `${root}/spokes/nosy/spoke.yaml`;
  const text = await readFile(manifest, 'utf8');
  await writeFile(manifest, text.replace('notify: false', 'notify: true'));
  const { code, stdout, stderr } = await runIn(root, await worldWithTmp(), 'demo');
  expect(code).toBe(1);
  expect(stdout).toContain('\nnosy (ready, sandbox level: ');
  expect(stderr).toBe(`axium: expected other decisions: 1 differ
  nosy: notify was to be denied; it was allowed: allowed by notify: true
`);
});

test('what depends on the host is decided as foretold too, or the demo ends with 1', async () => {
  const root = await packageCopy();
  const manifest = `${root}/spokes/git/spoke.yaml`;
  const text = await readFile(manifest, 'utf8');
  await writeFile(manifest, text.replace('git -C * config', 'git -C * log'));
  const sample = `${root}/dist/cli/demo.cjs`;
  await writeFile(sample, (await readFile(sample, 'utf8')).replace('disk:\n  notify: false\n', ''));
  const { code, stderr } = await runIn(root, await worldWithTmp(), 'demo');
  expect(code).toBe(1);
  const lines = stderr.split('\n');
  expect(lines[0]).toBe('axium: expected other decisions: 2 differ');
  expect(lines.slice(1).sort()).toEqual([
    '',
    '  disk: notify was to be denied; it was allowed: allowed by notify: true',
    expect.stringMatching(
      /^ {2}git: daemon_exec git -C \/.* config .* was to be allowed; it was denied: no rule allows it$/,
    ),
  ]);
});

test('a demo that is interrupted ends its daemon', async () => {
  const world = await worldWithTmp();
  const root = await packageWith({
    // Reports ready, then does nothing: the demo waits for records that never come.
    main: `import fs from 'node:fs';
      fs.mkdirSync(process.env.AXIUM_HOME + '/state', { recursive: true });
      fs.writeFileSync(process.env.AXIUM_HOME + '/../pid', String(process.pid));
      fs.writeSync(3, JSON.stringify({ ok: true, pid: process.pid, notes: [] }) + '\\n');
      process.kill(process.ppid, 'SIGINT');
      setInterval(() => {}, 1e6);`,
  });
  const child = spawn(process.execPath, [`${root}/dist/cli/axium.cjs`, 'demo'], {
    env: { ...world.env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  onTestFinished(() => {
    child.kill('SIGTERM');
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  expect(await once(child, 'close')).toEqual([130, null]);
  expect(stderr).toBe('axium: interrupted; the private daemon was ended\n');
  const [directory] = await readdir(world.tmp);
  expect(await gone(Number(await readFile(`${world.tmp}/${directory}/pid`, 'utf8')))).toBe(true);
});

test('a daemon that cannot start ends the demo with its reason', async () => {
  const root = await packageWith({
    main: `import fs from 'node:fs';
      fs.writeSync(3, JSON.stringify({ ok: false, code: 'unavailable', error: 'no sandbox' }) + '\\n');`,
  });
  const { code, stdout, stderr } = await runIn(root, await worldWithTmp(), 'demo');
  expect({ code, stdout, stderr }).toEqual({ code: 69, stdout: '', stderr: 'axium: no sandbox\n' });
});

const decision = (effect: string, command: string, resource: string | null, request = 'r1') =>
  JSON.stringify({
    type: 'decision',
    principal: 'spoke:x',
    request,
    effect,
    command,
    resource,
    reason: 'because',
  });
/** One of something that is done in memory: what came of it is in it. */
const done = (command: string, resource: string, ok = true) =>
  JSON.stringify({
    ...JSON.parse(decision('allow', command, resource)),
    outcome: { ok, code: ok ? null : 'failed' },
  });
const outcome = (ok: boolean, request = 'r1') =>
  JSON.stringify({ type: 'outcome', request, ok, code: ok ? null : 'failed' });
const event = (name: string, detail = {}) =>
  JSON.stringify({ type: 'event', event: `spoke_${name}`, spoke: 'x', detail });
const certain = { spoke: 'x', mayNotCome: false, mayFail: false };
const EXPECTED = [
  { ...certain, command: 'fs_read', what: '/a', allowed: true },
  { ...certain, command: 'daemon_exec', what: /^id/, allowed: false },
  { ...certain, command: 'daemon_exec', what: 'git', allowed: true, mayNotCome: true, mayFail: true },
  { ...certain, command: 'notify', what: null, allowed: false, mayNotCome: true },
];
const READY = event('ready');
const MUST = [
  READY,
  decision('allow', 'fs_read', '/a'),
  outcome(true),
  decision('deny', 'daemon_exec', 'id', 'r2'),
];
const GIT = decision('allow', 'daemon_exec', 'git', 'g');

test.each([
  ['all that is expected', MUST, true, []],
  ['a spoke that is not ready', MUST.filter((line) => line !== READY), false, ['x was not ready in time']],
  [
    'an allow whose outcome is in it',
    [READY, done('fs_read', '/a'), decision('deny', 'daemon_exec', 'id', 'r2')],
    true,
    [],
  ],
  [
    'an allow whose outcome is in it and failed',
    [READY, done('fs_read', '/a', false), decision('deny', 'daemon_exec', 'id', 'r2')],
    true,
    ['x: fs_read /a was allowed and failed (failed); it was allowed: because'],
  ],
  [
    'an allow that has not come to its end',
    MUST.filter((line) => line !== outcome(true)),
    false,
    ['x: fs_read /a had not ended in time'],
  ],
  [
    'a denial in the place of an allow',
    [READY, decision('deny', 'fs_read', '/a'), decision('deny', 'daemon_exec', 'id')],
    true,
    ['x: fs_read /a was to be allowed; it was denied: because'],
  ],
  [
    'an allow in the place of a denial',
    [...MUST.slice(0, -1), decision('allow', 'daemon_exec', 'id', 'r2'), outcome(true, 'r2')],
    true,
    ['x: daemon_exec id was to be denied; it was allowed: because'],
  ],
  [
    'an allow that failed, and a request that was never made',
    [READY, decision('allow', 'fs_read', '/a'), outcome(false)],
    false,
    [
      'x: fs_read /a was allowed and failed (failed); it was allowed: because',
      'x never asked: daemon_exec /^id/',
    ],
  ],
  [
    'a request too many',
    [...MUST, decision('deny', 'hud_segment_value', null, 'r3')],
    true,
    ['x: hud_segment_value is not expected here; it was denied: because'],
  ],
  ['what may come and did', [...MUST, decision('deny', 'notify', null, 'r3')], true, []],
  [
    'what may come, and came to another decision',
    [...MUST, decision('allow', 'notify', null, 'r3'), outcome(true, 'r3')],
    true,
    ['x: notify was to be denied; it was allowed: because'],
  ],
  [
    'what may come once, and came twice',
    [...MUST, decision('deny', 'notify', null, 'r3'), decision('deny', 'notify', null, 'r4')],
    true,
    ['x: notify is not expected here; it was denied: because'],
  ],
  ['a program that the host does not have', [...MUST, GIT, outcome(false, 'g')], true, []],
  ['a program that is slow', [...MUST, GIT], false, []],
  [
    'a program that was not allowed',
    [...MUST, decision('deny', 'daemon_exec', 'git', 'g')],
    true,
    ['x: daemon_exec git was to be allowed; it was denied: because'],
  ],
  [
    'a spoke that failed',
    [event('failed', { reason: 'it threw' })],
    true,
    ['x failed: it threw', 'x never asked: fs_read /a', 'x never asked: daemon_exec /^id/'],
  ],
])('the demo sees %s', (_what, lines, complete, differences) => {
  const collection = new Collection(EXPECTED);
  for (const line of lines) collection.add(line);
  expect({ complete: collection.complete, differences: collection.differences }).toEqual({
    complete,
    differences,
  });
});

test('the demo waits for a program of the host when all else is done, and for nothing else then', () => {
  const collection = new Collection(EXPECTED);
  const states = [...MUST, GIT, outcome(true, 'g')].map((line) => {
    collection.add(line);
    return [collection.completeButForPrograms, collection.complete];
  });
  const [not, most, all] = [
    [false, false],
    [true, false],
    [true, true],
  ];
  expect(states).toEqual([not, not, not, all, most, all]);
});

/** True where this host has a git as commands of spokes find it, that knows of scopes. */
function tellsScopes(): boolean {
  const options = { env: { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: '/' } };
  return spawnSync('git', ['config', '--list', '--show-scope'], options).status === 0;
}

/** The processes whose environment or command line names the directory. */
async function daemonsOf(directory: string): Promise<readonly string[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    ids.map(async (id) => {
      const environment = await readFile(`/proc/${id}/environ`, 'utf8').catch(() => '');
      return environment.includes(`AXIUM_HOME=${directory}`) ? id : null;
    }),
  );
  return found.filter((id) => id !== null);
}
