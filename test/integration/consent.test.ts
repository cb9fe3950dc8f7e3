import { readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { atTerminal, NO_TERMINAL } from '../cli/support/terminal.ts';
import { type AxiumHome, askingCode, makeAxiumHome } from './support/axium-home.ts';
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

const ASKS = askingCode([{ cmd: 'notify', title: 'x' }, { cmd: 'facts' }]);

test('an update that asks for more has what it had until its user has looked at it and accepted', async () => {
  const directory = await home.addSpoke('todo', 'permissions:\n  notify: true\n', ASKS);
  daemon = await hostDaemon(home);
  expect((await daemon.answersOf('todo')).map(({ ok }) => ok)).toEqual([true, false]);
  const before = (await home.records()).length;
  await writeFile(`${directory}/main.mjs`, `${ASKS}// newer\n`);
  const manifest = await readFile(`${directory}/spoke.yaml`, 'utf8');
  await writeFile(
    `${directory}/spoke.yaml`,
    manifest.replace('0.1.0', '0.2.0').replace('notify: true', 'facts: true\n  notify: true'),
  );
  const denied = await daemon.record(
    (entry) =>
      entry.seq > before && entry.type === 'decision' && entry.action === 'facts' && entry.rule !== null,
  );
  expect(denied).toMatchObject({
    effect: 'deny',
    reason: 'facts: true does not count: it waits for your consent: axium spoke review todo',
    rule: { source: 'system', origin: `${directory}/spoke.yaml:5:10` },
  });
  const { stdout: status } = await runCli(home, ['status']);
  expect(status).toContain('note: spoke todo asks for more than you consented to: axium spoke review todo\n');
  const { stdout: shown } = await runCli(home, ['perms', 'show', 'todo']);
  expect(shown).toContain(
    `\nWaits for Consent ('axium spoke review todo'):\n  • facts: true (${directory}/spoke.yaml:5:10)\n`,
  );
  const looked = await runCli(home, ['spoke', 'review', 'todo']);
  const [facts, hash] = [/since you consented on .*$/m, /sha256 {5}[0-9a-f]{64}$/m];
  expect(looked.stdout.replace(facts, 'since WHEN').replace(hash, 'sha256     HASH')).toBe(
    [
      "Spoke 'todo' (v0.2.0) asks for more than you consented to, which waits:",
      `  + facts: true (${directory}/spoke.yaml:5:10)`,
      '',
      `directory  ${directory}`,
      'code       has changed since WHEN',
      'sha256     HASH',
      '',
    ].join('\n'),
  );
  expect([looked.code, looked.stderr]).toEqual([
    1,
    'axium: it goes on with what you consented to; to accept: axium spoke review todo --yes\n',
  ]);
  const accepted = await runCli(home, ['spoke', 'review', 'todo', '--yes']);
  expect([accepted.code, accepted.stdout.endsWith('\naccepted; it counts from now on\n')]).toEqual([0, true]);
  expect(await daemon.ask({ cmd: 'get_permissions', spoke: 'todo' })).toMatchObject({
    effective: { facts: { value: true }, withheld: [] },
  });
  const again = await runCli(home, ['spoke', 'review', 'todo']);
  expect([again.code, again.stdout.split('\n')[0]]).toEqual([
    0,
    "Spoke 'todo' (v0.2.0) asks for nothing beside what you consented to",
  ]);
  const missing = await runCli(home, ['spoke', 'review', 'nosuch']);
  expect([missing.code, missing.stderr.split(';')[0]]).toEqual([1, "axium: spoke 'nosuch' not found"]);
});

test('an update that asks for more keeps its user from taking nothing away by what a file expects', async () => {
  const expected = 'expect:\n  - {spoke: todo, action: facts, effect: deny}\n';
  const directory = await home.addSpoke('todo', 'permissions:\n  notify: true\n', ASKS);
  await home.permissions(expected);
  daemon = await hostDaemon(home);
  await daemon.answersOf('todo');
  const manifest = await readFile(`${directory}/spoke.yaml`, 'utf8');
  await writeFile(`${directory}/spoke.yaml`, manifest.replace('notify: true', 'notify: true\n  facts: true'));
  expect((await runCli(home, ['spoke', 'reload'])).code).toBe(0);
  const narrowed = await runCli(home, ['perms', 'deny', 'todo', 'notify']);
  expect([narrowed.code, narrowed.stderr]).toEqual([0, '']);
  expect(await daemon.ask({ cmd: 'get_permissions', spoke: 'todo' })).toMatchObject({
    effective: { notify: { value: false }, facts: { value: false } },
  });
  // What was consented to is expected of the file like the rest.
  expect((await runCli(home, ['spoke', 'review', 'todo', '--yes'])).code).toBe(0);
  const widened = await runCli(home, ['perms', 'reset', 'todo', 'notify']);
  expect([widened.code, widened.stderr.includes('expected deny of todo facts; found allow')]).toEqual([
    expect.any(Number),
    true,
  ]);
  expect(await daemon.ask({ cmd: 'get_permissions', spoke: 'todo' })).toMatchObject({
    effective: { notify: { value: false } },
  });
});

test('a new spoke that will have what it asks for is held to what a file expects before it has', async () => {
  await home.addSpoke('todo', 'permissions:\n  facts: true\n', ASKS);
  const expected = 'expect:\n  - {spoke: todo, action: facts, effect: deny}\n';
  await home.permissions(`todo:\n  net: true\n${expected}`);
  daemon = await hostDaemon(home);
  const { stdout } = await runCli(home, ['status']);
  expect(stdout).toContain('permissions.yaml has never been valid');
});

test.skipIf(NO_TERMINAL)(
  'at a terminal one is asked, and what is answered with yes is accepted, and nothing else',
  async () => {
    const directory = await home.addSpoke('todo', 'permissions:\n  notify: true\n', ASKS);
    daemon = await hostDaemon(home);
    await daemon.answersOf('todo');
    const manifest = await readFile(`${directory}/spoke.yaml`, 'utf8');
    await writeFile(
      `${directory}/spoke.yaml`,
      manifest.replace('notify: true', 'notify: true\n  facts: true'),
    );
    expect((await runCli(home, ['spoke', 'reload'])).code).toBe(0);
    const facts = async () => (await daemon.ask({ cmd: 'get_permissions', spoke: 'todo' })).effective;
    const kept = await atTerminal(home, [''], 'spoke', 'review', 'todo');
    expect(kept).toContain(`  + facts: true (${directory}/spoke.yaml:6:10)\r\n`);
    expect(kept).toMatch(/\r\n\r\nAccept\? \[y\/N\] [\s\S]*axium: nothing was changed\r\n$/);
    expect(await facts()).toMatchObject({ facts: { value: false } });
    const taken = await atTerminal(home, ['y'], 'spoke', 'review', 'todo');
    expect(taken).toContain('accepted; it counts from now on\r\n');
    expect(await facts()).toMatchObject({ facts: { value: true }, withheld: [] });
    expect(await atTerminal(home, [], 'spoke', 'review', 'todo')).not.toContain('Accept?');
  },
);

test('an update by spoke add counts as it is told to: with --yes what is new is accepted', async () => {
  const source = `${home.home}/todo`;
  const offer = async (permissions: string) => {
    await home.put('todo/spoke.yaml', `name: todo\nentrypoint: main:register\npermissions: ${permissions}\n`);
    await home.put('todo/main.mjs', 'export function register() {}\n');
  };
  daemon = await hostDaemon(home);
  await offer('{notify: true}');
  expect((await runCli(home, ['spoke', 'add', source, '--yes'])).code).toBe(0);
  await offer('{notify: true, facts: true}');
  const updated = await runCli(home, ['spoke', 'add', source, '--yes']);
  expect([updated.code, updated.stdout]).toEqual([
    0,
    expect.stringMatching(/\n {2}\+ facts: .*\ntodo updated and ready \(\w+\)\n$/),
  ]);
  expect(await daemon.ask({ cmd: 'get_permissions', spoke: 'todo' })).toMatchObject({
    effective: { notify: { value: true }, facts: { value: true }, withheld: [] },
  });
});

test('whoever adds a spoke has consented to what they have just read, also where it was there before', async () => {
  daemon = await hostDaemon(home);
  const addWith = async (permissions: string) => {
    await home.put('todo/spoke.yaml', `name: todo\nentrypoint: main:register\npermissions: ${permissions}\n`);
    const directory = await home.put('todo/main.mjs', 'export function register() {}\n');
    const { code } = await runCli(home, ['spoke', 'add', dirname(directory), '--yes']);
    expect(code).toBe(0);
    return daemon.ask({ cmd: 'get_permissions', spoke: 'todo' });
  };
  expect(await addWith('{notify: true}')).toMatchObject({ effective: { notify: { value: true } } });
  expect((await runCli(home, ['spoke', 'remove', 'todo', '--yes'])).code).toBe(0);
  expect(await addWith('{facts: true}')).toMatchObject({
    effective: { facts: { value: true }, withheld: [] },
  });
});
