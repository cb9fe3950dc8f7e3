import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type ExecutorWorld,
  isRoot,
  makeExecutorWorld,
  NOT_ROOT,
  operator,
  perform,
  USER,
  wordsFor,
} from '../executor/support/executor-world.ts';
import { type AxiumHome, askingCode, makeAxiumHome } from './support/axium-home.ts';
import { type HostedDaemon, hostDaemon, runCli } from './support/hosted-daemon.ts';

const TABLE = `version: 1
actions:
  restart_service:
    description: Restart a service of this test
    parameters: {unit: {type: choice, of: [demo.service, other.service]}}
    argv: ['{directory}/service', restart, '{unit}']
    tier: operator
    rate: {each: 100, all: 1000, per: 1h}
  clear_system_cache:
    description: Clear a cache of this test
    argv: ['{directory}/service', clear, cache]
    tier: operator
    rate: {each: 100, all: 1000, per: 1h}
  off:
    description: Not here
    enabled: false
    argv: [/usr/bin/id]
    tier: operator
    rate: {each: 100, all: 1000, per: 1h}
`;
/** What a service manager would be: it writes down who had what restarted. */
const SERVICE = `#!/bin/sh
echo "$(id -u) $1 $2" >>"$(dirname "$0")/restarts"
echo restarted "$2"
`;

/** A healer to which there is always too little memory, and that asks by itself. */
const HEALER =
  'default: {memory_available_percent: 101, load_per_cpu: 100000, pressure_percent: 100, auto: true, settle_seconds: 0, check_seconds: 3600}\n';

const restart = (unit = 'demo.service') => ({
  cmd: 'privileged',
  action: 'restart_service',
  params: { unit },
});
const ordinary = ['setpriv', ...wordsFor(operator)];
const lacking = isRoot ? (canRun() ? null : 'an ordinary user cannot run this Node from here') : NOT_ROOT;

test.runIf(lacking)('a spoke asks for an action of root', ({ skip }) => skip(lacking ?? ''));

describe.skipIf(lacking)('a spoke of an ordinary user', () => {
  let executor: ExecutorWorld;
  let home: AxiumHome;
  let daemon: HostedDaemon;

  beforeAll(async () => {
    executor = makeExecutorWorld(TABLE);
    writeFileSync(`${executor.directory}/service`, SERVICE, { mode: 0o755 });
    await executor.start();
    home = await makeAxiumHome();
    await home.put('../axium/config/config.yaml', config(executor.socket));
    const asking = (name: string, permissions: string, ...requests: object[]) =>
      home.addSpoke(name, `permissions:\n  ${permissions}\n`, askingCode(requests));
    await asking('unasked', 'exec: false', restart());
    await asking('asked', 'privileged: [restart_service]', restart('other.service'));
    await asking('refused', 'privileged: [restart_service]', restart());
    await asking('ungranted', 'exec: true', restart());
    await asking('odd', 'privileged: [restart_service, off, nosuch]', restart('../demo.service'), {
      cmd: 'privileged',
      action: 'nosuch',
    });
    await asking('off', 'privileged: [off]', { cmd: 'privileged', action: 'off' });
    await asking('direct', 'exec: true', {
      cmd: 'daemon_exec',
      mode: 'wait',
      command: [
        process.execPath,
        `${executor.directory}/ask.mjs`,
        executor.socket,
        JSON.stringify(perform('restart_service', { unit: 'demo.service' })),
      ],
    });
    const unasked = (name: string, action: string) =>
      `${name}:\n  privileged: [{action: ${action}, ask: false}]\n`;
    await home.put('../axium/config/overrides/healer.yaml', HEALER);
    await home.permissions(
      unasked('unasked', 'restart_service') + unasked('off', 'off') + unasked('healer', 'clear_system_cache'),
    );
    execFileSync('chown', ['-R', `${USER}:${USER}`, home.root]);
    daemon = await hostDaemon(home, {}, [], [], ordinary);
  });
  afterAll(async () => {
    await daemon?.end();
    await executor?.remove();
    await home?.remove();
  });

  const restarts = () => {
    const file = `${executor.directory}/restarts`;
    return existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
  };
  /** The question of a spoke, once it is there. */
  const questionOf = async (spoke: string) => {
    await daemon.record(
      (record) => record.type === 'event' && record.event === 'approval_asked' && record.spoke === spoke,
    );
    const { approvals } = await daemon.ask({ cmd: 'approvals' });
    return (approvals as { id: string; principal: string; what: string }[]).find(
      ({ principal }) => principal === `spoke:${spoke}`,
    );
  };
  const requestOf = async (spoke: string) => {
    const found = await daemon.record(
      (record) =>
        record.type === 'decision' &&
        record.principal === `spoke:${spoke}` &&
        record.action === 'privileged' &&
        record.effect !== 'ask',
    );
    return found.type === 'decision' ? found : null;
  };

  test('has an action of root done and gets its outcome, once a person has seen the words and said yes', async () => {
    const question = await questionOf('asked');
    expect(question?.what).toBe(
      `as root, restart_service: ${executor.directory}/service restart other.service`,
    );
    expect(restarts()).not.toContain('0 restart other.service');
    expect(await daemon.ask({ cmd: 'approve', approval: question?.id })).toMatchObject({ ok: true });
    const [answer] = await daemon.answersOf('asked');
    expect(answer).toMatchObject({
      ok: true,
      success: true,
      via: 'executor',
      end: 'exited',
      code: 0,
      stdout: 'restarted other.service\n',
    });
    expect(restarts()).toContain('0 restart other.service');
  });

  test('gets nothing done to which a person said no', async () => {
    const question = await questionOf('refused');
    expect(await daemon.ask({ cmd: 'reject', approval: question?.id })).toMatchObject({ ok: true });
    const [answer] = await daemon.answersOf('refused');
    expect(answer).toMatchObject({ ok: false, code: 'denied' });
    const request = (await requestOf('refused'))?.request;
    expect(executor.records().filter((record) => record.request === request)).toEqual([]);
  });

  test('is answered at once where its user has said that nobody is asked', async () => {
    expect(await daemon.answersOf('unasked')).toMatchObject([{ success: true, via: 'executor' }]);
    expect(restarts()).toContain('0 restart demo.service');
    const request = await requestOf('unasked');
    const record = executor.records().find((one) => one.request === request?.request);
    expect(record).toMatchObject({ uid: USER, principal: 'spoke:unasked', effect: 'allow' });
    expect(request?.target).toBe(JSON.stringify(record?.argv));
    expect(
      (await home.securityLines()).find((line) => line.includes('spoke=unasked action=privileged')),
    ).toBe(
      `[SECURITY] spoke=unasked action=privileged allowed=true detail=${executor.directory}/service restart demo.service via_override=true`,
    );
  });

  test('is denied what it was not granted, whatever it may run', async () => {
    expect(await daemon.answersOf('ungranted')).toMatchObject([
      { ok: false, code: 'denied', error: expect.stringContaining('privileged: [restart_service]') },
    ]);
  });

  test('is told of what no table offers, before a person is asked', async () => {
    expect(await daemon.answersOf('odd')).toMatchObject([
      { ok: false, code: 'invalid' },
      { ok: false, code: 'not_found' },
    ]);
  });

  test('hears a refusal of the executor, and nothing else is tried', async () => {
    expect(await daemon.answersOf('off')).toMatchObject([{ ok: false, code: 'not_found' }]);
  });

  test('reaches the executor by no command of its own', async ({ skip }) => {
    const [answer] = await daemon.answersOf('direct');
    // Without a namespace of its own nothing tells a command from its user.
    if (JSON.stringify(daemon.ready).includes('namespace'))
      skip('commands have no namespace of their own here');
    // Refused before it is read, so the refusal may break the connection before it is seen.
    expect(String(answer?.stdout)).toMatch(/"code":"denied"|ECONNRESET|EPIPE/);
    expect(executor.records().filter(({ request }) => String(request).startsWith('test-'))).toEqual([]);
  });

  test('heals: it finds what is wrong, has it done by the executor, learns from it and tells its metrics', async () => {
    await daemon.record(
      (record) => record.type === 'event' && record.event === 'privileged_done' && record.spoke === 'healer',
    );
    expect(restarts()).toContain('0 clear cache');
    const ready = ({ type, ...rest }: { readonly type: string }) =>
      type === 'event' &&
      'event' in rest &&
      rest.event === 'spoke_ready' &&
      'spoke' in rest &&
      rest.spoke === 'healer';
    await daemon.record(ready);
    const plan = await runCli(home, ['healer', 'plan']);
    expect(JSON.parse(plan.stdout)).toContainEqual(
      expect.objectContaining({ issue: 'memory', remedy: { action: 'clear_system_cache', params: {} } }),
    );
    const metrics = await runCli(home, ['metrics']);
    expect(metrics.stdout).toContain('axium_healer_issues{kind="memory"} 1\n');
    expect((await runCli(home, ['healer', 'backups'])).stdout).toContain('"issue":"memory"');
  });

  test('leaves two logs that explain each other, and a change of either shows', async () => {
    await daemon.answersOf('asked');
    await daemon.answersOf('unasked');
    await daemon.record(
      (one) => one.type === 'event' && one.event === 'privileged_done' && one.spoke === 'healer',
    );
    const verify = () => runCli(home, ['audit', 'verify', '--executor', executor.log]);
    expect(await verify()).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("3 of 3 actions of this user are in the daemon's log"),
    });
    // Somebody in the group asks the executor without the daemon.
    await executor.ask(operator, perform('restart_service', { unit: 'demo.service' }));
    const asked = await verify();
    expect(asked.code).toBe(1);
    expect(asked.stderr).toContain("the daemon's log has no allowed request test-");
  });

  test('is told what a person could run, where there is no executor', async () => {
    await home.put('../axium/config/config.yaml', config('/run/nosuch/executor.sock'));
    await daemon.ask({ cmd: 'spoke_reload' });
    const again = await daemon.ask({ cmd: 'spoke_reload', spoke: 'unasked' });
    expect(again.ok).toBe(true);
    const answers = await daemon.answersOf('unasked');
    expect(answers).toMatchObject([
      {
        success: false,
        needs_auth: true,
        suggestion: `Run manually: sudo ${executor.directory}/service restart demo.service`,
      },
    ]);
  });

  function config(socket: string): string {
    return `spokes: {bundled: [healer]}\nexecutor: {socket: ${socket}, table: ${executor.table}}\nsandbox: {require: none}\napprovals: {desktop: false}\n`;
  }
});

function canRun(): boolean {
  try {
    execFileSync('setpriv', [
      ...wordsFor(operator),
      process.execPath,
      '--check',
      new URL('../../dist/core/main.js', import.meta.url).pathname,
    ]);
    return true;
  } catch {
    return false;
  }
}
