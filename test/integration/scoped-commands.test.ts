import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, type TestContext, test } from 'vitest';
import { type AxiumHome, askingCode, makeAxiumHome } from './support/axium-home.ts';
import { type Answer, type HostedDaemon, hostDaemon } from './support/hosted-daemon.ts';

let home: AxiumHome;
let daemon: HostedDaemon;

beforeEach(async () => {
  home = await makeAxiumHome();
});

afterEach(async () => {
  await daemon.end();
  await home.remove();
});

const RIGHTS = 'permissions:\n  exec: true\n  exec_profile: scoped\n';
const sh = (text: string) => ({ cmd: 'daemon_exec', command: ['sh', '-c', text], mode: 'wait' });

/** The answer to the first request of a spoke; skips the test where this host gives commands no scope. */
async function firstAnswer(context: TestContext, spoke: string): Promise<Answer> {
  const [answer] = await daemon.answersOf(spoke);
  if (answer?.code === 'unavailable') context.skip(answer.error);
  return answer as Answer;
}

test('the commands of a scoped spoke find its own paths, and not the socket, the files or the variables of the daemon', async (context) => {
  await home.put('notes/a.txt', 'A');
  await home.put('notes/b.md', 'B');
  const look = `cat ~/notes/a.txt; find ~ -type f; ls -d ${home.root}/axium /run/*; env`;
  await home.addSpoke('reader', `${RIGHTS}  fs_read: ['~/notes/*.txt']\n`, askingCode([sh(look)]));
  daemon = await hostDaemon(home, { SECRET: 'of the daemon' });
  const { stdout } = await firstAnswer(context, 'reader');
  expect(stdout).toMatch(new RegExp(`^A${home.home}/notes/a.txt\n`));
  expect(stdout).not.toContain(`${home.root}/axium`);
  expect(stdout).not.toContain('SECRET');
});

test('an override that withholds a file counts for commands as it does for the spoke', async (context) => {
  await home.put('proj/a', 'A');
  await home.put('proj/secret', 'S');
  await home.permissions("reader:\n  deny:\n    fs_read: ['~/proj/secret']\n");
  const requests = [sh('cat ~/proj/*'), { cmd: 'fs_read', path: '~/proj/secret' }];
  await home.addSpoke('reader', `${RIGHTS}  fs_read: ['~/proj/**']\n`, askingCode(requests));
  daemon = await hostDaemon(home);
  expect(await firstAnswer(context, 'reader')).toMatchObject({ ok: true, stdout: 'A' });
  expect((await daemon.answersOf('reader'))[1]).toMatchObject({ ok: false, code: 'denied' });
});

test('what a scoped command writes in a directory of fs_write is there for its user', async (context) => {
  await home.put('cache/x', 'x');
  const code = askingCode([sh('echo made > ~/cache/new; echo lost > ~/elsewhere')]);
  await home.addSpoke('writer', `${RIGHTS}  fs_write: ['~/cache/**']\n`, code);
  daemon = await hostDaemon(home);
  await firstAnswer(context, 'writer');
  expect(await readFile(`${home.home}/cache/new`, 'utf8')).toBe('made\n');
  await expect(readFile(`${home.home}/elsewhere`, 'utf8')).rejects.toMatchObject({ code: 'ENOENT' });
});

/** A spoke that starts a command and goes on, and tells whether that was possible. */
const STARTING = askingCode([{ cmd: 'daemon_exec', command: 'sleep 600' }]);

test.for([
  ['exec', 'exec: false'],
  ['a path that they were given', "deny:\n    fs_read: ['~/notes/a.txt']"],
])('scoped commands are ended when their spoke loses %s by an override', async ([, override], context) => {
  await home.put('notes/a.txt', 'A');
  await home.addSpoke('reader', `${RIGHTS}  fs_read: ['~/notes/*.txt']\n`, STARTING);
  daemon = await hostDaemon(home);
  await firstAnswer(context, 'reader');
  await home.permissions(`reader:\n  ${override}\n`);
  const revoked = await daemon.record((entry) => entry.type === 'event' && entry.event === 'job_revoked');
  expect(revoked).toMatchObject({ spoke: 'reader', detail: { job: 'j1' } });
  expect(await daemon.ask({ cmd: 'jobs_kill', job: 'j1' })).toMatchObject({ job: { state: 'killed' } });
});

test('commands that see all are ended when an override makes their spoke scoped', async () => {
  await home.addSpoke('runner', 'permissions:\n  exec: true\n', STARTING);
  daemon = await hostDaemon(home);
  await daemon.answersOf('runner');
  await home.permissions('runner:\n  exec_profile: scoped\n');
  await daemon.record((entry) => entry.type === 'event' && entry.event === 'job_revoked');
  expect(await daemon.ask({ cmd: 'jobs_kill', job: 'j1' })).toMatchObject({ job: { state: 'killed' } });
});
