import { execFileSync } from 'node:child_process';
import { link, mkdir, readFile, stat, symlink } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AxiumHome, askingCode, makeAxiumHome } from './support/axium-home.ts';
import { type Answer, type HostedDaemon, hostDaemon } from './support/hosted-daemon.ts';

/** What a spoke may ask wrongly, what it is told, and the line that stands in the security log for it. */
interface Case {
  readonly what: string;
  readonly request: object | string;
  readonly code: string;
  readonly line: string;
}

const line = (action: string, detail = 'None') =>
  `[SECURITY] spoke=bad action=${action} allowed=false detail=${detail} via_override=false`;

const PERMISSIONS = `permissions:
  exec: true
  fs_read: [~/in/**]
  fs_write: [~/out/**]
`;

function cases(home: string): readonly Case[] {
  const read = (path: string) => ({ cmd: 'fs_read', path });
  const write = (path: string) => ({ cmd: 'fs_write', path, data: 'x' });
  const exec = (command: unknown) => ({ cmd: 'daemon_exec', command });
  return [
    {
      what: 'a command that does not exist',
      request: { cmd: 'fs_delete' },
      code: 'unknown_command',
      line: line('unknown'),
    },
    { what: 'an unknown key', request: { cmd: 'notify', titel: 'x' }, code: 'invalid', line: line('notify') },
    { what: 'a wrong type', request: { cmd: 'fs_read', path: 7 }, code: 'invalid', line: line('fs_read:') },
    {
      what: '__proto__ as a key',
      request: '{"cmd":"notify","title":"x","__proto__":{"ok":true}}',
      code: 'invalid',
      line: line('notify'),
    },
    {
      what: 'the name of another spoke',
      request: { cmd: 'notify', spoke: 'good', title: 'x' },
      code: 'identity',
      line: line('notify'),
    },
    {
      what: 'a path with two dots',
      request: read('~/in/../.ssh/id'),
      code: 'invalid',
      line: line('fs_read:~/in/../.ssh/id'),
    },
    {
      what: 'a path with NUL',
      request: read('~/in/a\0b'),
      code: 'invalid',
      line: line('fs_read:~/in/a\\u0000b'),
    },
    {
      what: 'a path with a newline',
      request: read('~/in/a\nb'),
      code: 'invalid',
      line: line('fs_read:~/in/a\\nb'),
    },
    { what: 'a relative path', request: read('in/a'), code: 'invalid', line: line('fs_read:in/a') },
    {
      what: 'a FIFO',
      request: read('~/in/fifo'),
      code: 'denied',
      line: line('fs_read:~/in/fifo', `${home}/in/fifo`),
    },
    {
      what: 'a directory',
      request: read('~/in/sub'),
      code: 'denied',
      line: line('fs_read:~/in/sub', `${home}/in/sub`),
    },
    {
      what: 'a device',
      request: read('/dev/null'),
      code: 'denied',
      line: line('fs_read:/dev/null', '/dev/null'),
    },
    {
      what: 'a symlink that leaves the grant',
      request: read('~/in/leak'),
      code: 'denied',
      line: line('fs_read:~/in/leak', `${home}/secret`),
    },
    {
      what: 'a symlink in a wildcard part of the path',
      request: read('~/in/dir/secret'),
      code: 'denied',
      line: line('fs_read:~/in/dir/secret', `${home}/secret`),
    },
    {
      what: 'writing through a symlink',
      request: write('~/out/leak'),
      code: 'denied',
      line: line('fs_write:~/out/leak', `${home}/out/leak`),
    },
    { what: 'an empty command', request: exec(''), code: 'denied', line: line('exec', '') },
    { what: 'a command of blanks', request: exec(['  ']), code: 'denied', line: line('exec', "'  '") },
    { what: 'an operator', request: exec('true; id'), code: 'invalid', line: line('exec', 'true; id') },
    {
      what: 'a substitution',
      request: exec('echo $(id)'),
      code: 'invalid',
      line: line('exec', 'echo $(id)'),
    },
    { what: 'an option for a program', request: exec('-c id'), code: 'invalid', line: line('exec', '-c id') },
    { what: 'a relative program', request: exec('./run'), code: 'invalid', line: line('exec', './run') },
    {
      what: 'a newline in a command',
      request: exec('true\nid'),
      code: 'invalid',
      line: line('exec', 'true\\nid'),
    },
  ];
}

let home: AxiumHome;
let daemon: HostedDaemon;
let table: readonly Case[];
let answers: readonly Answer[];

beforeAll(async () => {
  home = await makeAxiumHome();
  await home.put('in/sub/file', 'inside');
  await home.put('secret', 'outside');
  await home.put('out/linked', 'two names');
  execFileSync('mkfifo', [`${home.home}/in/fifo`]);
  await symlink(`${home.home}/secret`, `${home.home}/in/leak`);
  await symlink(home.home, `${home.home}/in/dir`);
  await symlink(`${home.home}/secret`, `${home.home}/out/leak`);
  await link(`${home.home}/out/linked`, `${home.home}/out/other-name`);
  await mkdir(`${home.home}/good`);
  table = cases(home.home);
  const requests = table.map(({ request }) => (typeof request === 'string' ? { raw: request } : request));
  // sendRequest takes objects; a raw line is parsed first so that __proto__ is an own key.
  const code = askingCode(requests).replace(
    'axium.sendRequest(request)',
    'axium.sendRequest(request.raw ? JSON.parse(request.raw) : request)',
  );
  await home.addSpoke('bad', PERMISSIONS, code);
  await home.addSpoke('good', '', 'export function register() {}');
  daemon = await hostDaemon(home);
  answers = await daemon.answersOf('bad');
});

afterAll(async () => {
  await daemon.end();
  await home.remove();
});

test('each bad request gets the code that says what is wrong', () => {
  const got = answers.map(({ ok, code }, index) => [table[index]?.what, ok, code]);
  expect(got).toEqual(table.map(({ what, code }) => [what, false, code]));
});

test('each bad request has its own line in the security log, in order, and nothing can forge a field', async () => {
  const lines = (await home.securityLines()).filter(
    (entry) => entry.includes('spoke=bad') && !entry.includes('storage'),
  );
  expect(lines).toEqual(table.map((entry) => entry.line));
});

test('nothing that was refused happened', async () => {
  expect(await readFile(`${home.home}/secret`, 'utf8')).toBe('outside');
  expect((await stat(`${home.home}/out/linked`)).nlink).toBe(2);
  expect((await daemon.ask({ cmd: 'jobs_list' })).jobs).toEqual([]);
  expect((await daemon.ask({ cmd: 'notify_drain' })).notifications).toEqual([]);
});

test('no answer tells the content or the real path of what was refused', () => {
  const text = JSON.stringify(answers);
  expect(text).not.toContain('outside');
  expect(text).not.toContain(`${home.home}/secret`);
});

test('the other spoke and the daemon go on', async () => {
  await daemon.record(
    (entry) => entry.type === 'event' && entry.event === 'spoke_ready' && entry.spoke === 'good',
  );
  const { spokes } = await daemon.ask({ cmd: 'spoke_list' });
  expect(spokes).toMatchObject([
    { name: 'bad', state: 'ready' },
    { name: 'good', state: 'ready' },
  ]);
});
