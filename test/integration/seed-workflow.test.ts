import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AxiumHome, askingCode, makeAxiumHome } from './support/axium-home.ts';
import { type HostedDaemon, hostDaemon, runCli } from './support/hosted-daemon.ts';

/** The workflow of the original description: declare, override, merge, request, refused, on record. */
let home: AxiumHome;
let daemon: HostedDaemon;

beforeAll(async () => {
  home = await makeAxiumHome();
  await home.put('.aws/credentials', '[default]\n');
  await home.put('extra-creds.json', '{}');
  await home.addSpoke(
    'creds',
    'permissions:\n  exec: true\n  notify: true\n  fs_read:\n    - ~/.aws/credentials\n',
    askingCode([
      { cmd: 'daemon_exec', spoke: 'creds', command: 'aws sso login', mode: 'background' },
      {
        cmd: 'notify',
        spoke: 'creds',
        title: 'Credentials expired',
        body: "Run: aws sso login or 'axium creds refresh'",
        level: 'info',
      },
      { cmd: 'fs_read', path: '~/extra-creds.json' },
      { cmd: 'fs_read', path: '/etc/passwd' },
      { cmd: 'hud_segment_value', spoke: 'creds', value: '[creds:Y]' },
      { cmd: 'get_permissions' },
      { cmd: 'load_spoke_permissions', permissions: { exec: true } },
      { cmd: 'load_spoke_permissions' },
    ]),
  );
  await home.permissions(
    'creds:\n  exec: false  # Disable auto-refresh\n  fs_read:\n    - ~/extra-creds.json\n',
  );
  daemon = await hostDaemon(home);
  await daemon.answersOf('creds');
});

afterAll(async () => {
  await daemon.end();
  await home.remove();
});

test('an exec that the override turns off is refused, whatever the manifest declares', async () => {
  const [exec] = await daemon.answersOf('creds');
  expect(exec).toMatchObject({ ok: false, code: 'denied' });
});

test('the denial stands in the security log exactly as documented', async () => {
  expect((await home.securityLines())[0]).toBe(
    '[SECURITY] spoke=creds action=exec allowed=false detail=aws sso login via_override=true',
  );
});

test('what the manifest declares and nobody overrides is allowed and on record as such', async () => {
  const [, notify] = await daemon.answersOf('creds');
  expect(notify?.ok).toBe(true);
  expect((await home.securityLines())[1]).toBe(
    '[SECURITY] spoke=creds action=notify allowed=true detail=None via_override=false',
  );
});

test('a path that only the override adds can be read, and the log says whose rule it was', async () => {
  const [, , read] = await daemon.answersOf('creds');
  expect(read).toMatchObject({ ok: true, data: '{}' });
  expect((await home.securityLines())[2]).toBe(
    `[SECURITY] spoke=creds action=fs_read:~/extra-creds.json allowed=true detail=${home.home}/extra-creds.json via_override=true`,
  );
});

test('a path that nobody names cannot be read', async () => {
  const [, , , read] = await daemon.answersOf('creds');
  expect(read).toMatchObject({ ok: false, code: 'denied' });
  expect((await home.securityLines())[3]).toBe(
    '[SECURITY] spoke=creds action=fs_read:/etc/passwd allowed=false detail=/etc/passwd via_override=false',
  );
});

test('the merged permissions are those of the description', async () => {
  const answers = await daemon.answersOf('creds');
  const merged = {
    exec: false,
    notify: true,
    net: false,
    facts: false,
    fs_read: ['~/.aws/credentials', '~/extra-creds.json'],
    fs_write: [],
  };
  expect(answers[5]).toMatchObject({ ok: true, permissions: merged });
  expect(answers[7]).toMatchObject({ ok: true, permissions: merged });
});

test('load_spoke_permissions takes no permissions from the caller', async () => {
  expect((await daemon.answersOf('creds'))[6]).toMatchObject({ ok: false, code: 'invalid' });
});

test('the notification waits for a person, who gets it once', async () => {
  const drained = await runCli(home, ['notify', 'drain']);
  expect(drained.stdout).toMatch(
    /^Queued Notifications \(1\):\n\n\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\] creds: Credentials expired\n {2}Run: aws sso login or 'axium creds refresh'\n$/,
  );
  expect((await runCli(home, ['notify', 'drain'])).stdout).toBe('No queued notifications\n');
});

test('perms list and perms show print the merge as documented', async () => {
  expect((await runCli(home, ['perms', 'list'])).stdout).toBe(
    'Spoke Permissions:\n\ncreds (v0.1.0)\n  exec: false (override)\n  notify: true (base)\n  net: false (base)\n  fs_read: 2 paths\n  fs_write: 0 paths\n',
  );
  const shown = (await runCli(home, ['perms', 'show', 'creds'])).stdout;
  expect(shown).toContain(
    "Permissions for 'creds' (v0.1.0):\n\nBoolean Permissions:\n  exec: false (override)\n  notify: true (base)\n  net: false (base)\n\nFilesystem Permissions:\n  fs_read:\n    • ~/.aws/credentials (base)\n    • ~/extra-creds.json (override)\n",
  );
  expect(shown).toContain(`\nOverride source: ${home.places.permissionsFile}\n`);
});

test('each decision has exactly one record and each allowed one an outcome', async () => {
  const records = await home.records();
  const decisions = records.filter((record) => record.type === 'decision');
  expect(decisions.length).toBe((await home.securityLines()).length);
  const allowed = decisions.filter(({ effect }) => effect === 'allow').map(({ request }) => request);
  const outcomes = records
    .filter((record) => record.type === 'outcome' || (record.type === 'decision' && record.outcome))
    .map((record) => 'request' in record && record.request);
  expect(outcomes.sort()).toEqual(allowed.sort());
});
