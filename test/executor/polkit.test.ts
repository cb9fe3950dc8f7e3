import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseTable } from '../../core/executor/table.ts';
import { policyFor } from '../../core/privileged/polkit-policy.ts';
import {
  type ExecutorWorld,
  isRoot,
  makeExecutorWorld,
  NOT_ROOT,
  OPERATORS,
  operator,
  perform,
} from './support/executor-world.ts';

const POLKITD = '/usr/lib/polkit-1/polkitd';
const NEEDED = [POLKITD, '/usr/bin/pkcheck', '/usr/bin/dbus-daemon', '/usr/bin/unshare'];
const missing = NEEDED.find((path) => !existsSync(path));
const lacking = isRoot ? missing && `${missing} is not installed` : NOT_ROOT;

const TABLE = `version: 1
actions:
  restart_service: &x
    description: Restart <one> & "that"
    argv: [/usr/bin/id, -u]
    polkit: true
    tier: operator
    rate: {each: 100, all: 100, per: 1h}
  renice:
    description: Never by a rule
    argv: [/usr/bin/id, -u]
    polkit: true
    tier: operator
    rate: {each: 100, all: 100, per: 1h}
  unasked:
    description: Without polkit
    argv: [/usr/bin/id, -u]
    tier: operator
    rate: {each: 100, all: 100, per: 1h}
`.replace(' &x', '');
const RULES = fileURLToPath(new URL('../../packaging/polkit/50-axium-executor.rules', import.meta.url));

test.runIf(lacking)('polkit', ({ skip }) => skip(String(lacking)));

test('polkit is told of the enabled actions that want its consent, and of nobody who may without asking', () => {
  const text = policyFor(parseTable('actions.yaml', TABLE)) ?? '';
  expect([...text.matchAll(/action id="([^"]*)"/g)].map(([, id]) => id)).toEqual([
    'org.axium.executor.restart-service',
    'org.axium.executor.renice',
  ]);
  expect(text).toContain('<description>Restart &lt;one&gt; &amp; &quot;that&quot;</description>');
  expect(text).not.toMatch(/<allow_\w+>(?:yes|auth_self)/);
  expect(policyFor(parseTable('actions.yaml', 'version: 1\nactions: {}'))).toBe(null);
});

describe.skipIf(lacking)('with a real polkit on a bus of its own, an executor', () => {
  let world: ExecutorWorld;
  const running: ChildProcess[] = [];
  /** In the group of the shipped rule, which this host need not have: its name stands for a number here. */
  const member = { uid: 65_534, groups: [OPERATORS] };

  beforeAll(async () => {
    world = makeExecutorWorld(TABLE);
    const { directory } = world;
    for (const name of ['actions', 'rules']) mkdirSync(`${directory}/${name}`, { mode: 0o755 });
    const policy = policyFor(parseTable('actions.yaml', TABLE)) ?? '';
    writeFileSync(`${directory}/actions/org.axium.executor.policy`, policy, { mode: 0o644 });
    copyFileSync(RULES, `${directory}/rules/50-axium-executor.rules`);
    writeFileSync(`${directory}/rules/60-test.rules`, TEST_RULE, { mode: 0o644 });
    writeFileSync(`${directory}/bus.conf`, busConfig(`${directory}/bus`));
    const bus = { DBUS_SYSTEM_BUS_ADDRESS: `unix:path=${directory}/bus` };
    const daemon = spawn(
      '/usr/bin/dbus-daemon',
      [`--config-file=${directory}/bus.conf`, '--nofork', '--print-address'],
      {
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    );
    running.push(daemon);
    await once(daemon.stdout as NonNullable<ChildProcess['stdout']>, 'data');
    const inNamespace = `mount --bind ${directory}/actions /usr/share/polkit-1/actions && mount --bind ${directory}/rules /etc/polkit-1/rules.d && exec ${POLKITD} --no-debug`;
    running.push(
      spawn('/usr/bin/unshare', ['-m', 'sh', '-c', inNamespace], {
        stdio: 'ignore',
        env: { PATH: '/usr/bin:/bin', ...bus },
      }),
    );
    await nameTaken(bus);
    await world.start(bus);
  });
  afterAll(async () => {
    await world?.remove();
    for (const child of running.reverse()) {
      const gone = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : null;
      child.kill('SIGKILL');
      await gone;
    }
  });

  test('does what polkit consents to, and nothing else', async () => {
    const asked = () => [perform('restart_service'), perform('renice'), perform('unasked')];
    const [yes, no, unasked] = await world.askAll(member, asked());
    expect([yes?.code, no?.code, unasked?.code]).toEqual([0, 'denied', 0]);
    expect(no?.error).toBe('polkit does not consent');
    // Another user of the same group, of whom no rule says anything.
    expect((await world.askAll(operator, asked())).map((answer) => answer?.code)).toEqual([
      'denied',
      'denied',
      0,
    ]);
    const last = world.records().filter(({ type }) => type === 'privileged');
    expect(last.slice(-3).map(({ effect }) => effect)).toEqual(['deny', 'deny', 'allow']);
  });

  test('takes the silence of polkit for a no', async () => {
    await world.kill();
    await world.start({ DBUS_SYSTEM_BUS_ADDRESS: `unix:path=${world.directory}/nosuch` });
    const answers = await world.askAll(member, [perform('restart_service'), perform('unasked')]);
    expect(answers.map((answer) => answer?.code)).toEqual(['denied', 0]);
  });
});

const TEST_RULE = `polkit.addRule(function (action, subject) {
  if (action.id === 'org.axium.executor.restart-service' && subject.user === 'nobody') return polkit.Result.YES;
});
`;

/** A bus on which everybody may do everything: what polkit answers is what the test is about. */
function busConfig(path: string): string {
  const all = ['send_type', 'receive_type'].flatMap((key) =>
    ['method_call', 'method_return', 'error', 'signal'].map((type) => `<allow ${key}="${type}"/>`),
  );
  return `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path=${path}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><allow own="*"/>${all.join('')}</policy></busconfig>
`;
}

/** Settles once polkit answers on the bus. */
async function nameTaken(bus: Readonly<Record<string, string>>): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    const child = spawn(
      '/usr/bin/pkcheck',
      ['--action-id', 'org.axium.executor.renice', '--process', String(process.pid)],
      {
        stdio: 'ignore',
        env: bus,
      },
    );
    const [code] = await once(child, 'exit');
    if (code !== 127) return;
  }
  throw new Error('polkit does not answer');
}
