import * as fs from 'node:fs/promises';
import fc from 'fast-check';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { inGroup } from '../../core/jobs/containment.ts';
import { Jobs } from '../../core/jobs/jobs.ts';
import { daemonExecPortal } from '../../core/portals/daemon-exec.ts';
import { splitCommand } from '../../core/portals/split-command.ts';
import { createPowers } from '../support/powers.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';
import { prepare, request, run } from './support/run-portal.ts';

let directory: string;
let jobs: Jobs;
let scoped: boolean;

beforeEach(() => {
  scoped = false;
  directory = makeTemporaryDirectory();
  jobs = new Jobs({
    powers: createPowers(),
    environment: () => ({ env: {}, cwd: directory, limits: { timeoutMs: 60_000, maxOutput: 65_536 } }),
    contain: inGroup,
    maxPerSpoke: 1,
    keep: 10,
  });
  onTestFinished(() => jobs.stop());
});

const portal = () =>
  daemonExecPortal({ files: fs, path: ['/usr/bin', '/bin'], runner: jobs, isScoped: () => scoped });
const exec = (command: string | readonly string[], mode?: string) =>
  run(portal(), 'daemon_exec', { command, mode });

test('by default a command runs in the background, and the answer is its job', async () => {
  const answer = await exec('sleep 600');
  expect(answer).toEqual({ job: 'j1' });
  expect(jobs.list()).toMatchObject([{ id: 'j1', spoke: 'creds', state: 'running' }]);
});

test('with mode wait the answer is how the command ended and what it wrote', async () => {
  expect(await exec(['sh', '-c', 'echo out; echo err >&2; exit 3'], 'wait')).toEqual({
    job: 'j1',
    code: 3,
    signal: null,
    stdout: 'out\n',
    stderr: 'err\n',
    timed_out: false,
    truncated: false,
  });
});

test('the words reach the program as they are, without a shell', async () => {
  const words = ['$HOME', '`id`', 'a b', '*', '~', '; id', '', '-x', '日本'];
  const { stdout } = await exec(['printf', '%s\\n', ...words], 'wait');
  expect(stdout).toBe(`${words.join('\n')}\n`);
});

test('what is decided on is the words that run', async () => {
  const prepared = await prepare(portal(), 'daemon_exec', { command: 'printf "a b"' });
  expect(prepared.target).toMatchObject({ kind: 'command', argv: ['/usr/bin/printf', 'a b'] });
});

test('resolving a command starts nothing', async () => {
  await prepare(portal(), 'daemon_exec', { command: 'sleep 600' });
  expect(jobs.list()).toEqual([]);
});

test.each([
  ['a bare name', () => 'nosuch-program'],
  ['an absolute path', () => '/usr/bin/nosuch-program'],
  ['a directory', () => directory],
])('a program that is not there is not found: %s', async (_how, program) => {
  await expect(exec([program()])).rejects.toMatchObject({ code: 'not_found' });
  await expect(exec([program()], 'wait')).rejects.toMatchObject({ code: 'not_found' });
  expect(jobs.list()).toEqual([]);
});

test('a program that could not be started is a failure and not a command that ended', async () => {
  await fs.writeFile(`${directory}/tool`, '#!/nowhere/interpreter\n', { mode: 0o755 });
  await expect(exec([`${directory}/tool`], 'wait')).rejects.toMatchObject({ code: 'failed' });
});

test('a spoke that runs as many commands as it may is told that it is busy', async () => {
  await exec('sleep 600');
  await expect(exec('sleep 600')).rejects.toMatchObject({ code: 'busy' });
});

test('a spoke whose commands are to see only its own paths is given nothing wider instead', async () => {
  scoped = true;
  await expect(exec('true')).rejects.toMatchObject({ code: 'unavailable' });
  expect(jobs.list()).toEqual([]);
});

test('in the record, words are quoted so that a shell would read the same words', () => {
  const resource = (command: readonly string[]) =>
    portal().resource(request('daemon_exec', { command })) ?? '';
  expect(resource(['aws', 'sso', 'a b', "it's", ''])).toBe("aws sso 'a b' 'it'\\''s' ''");
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary-ascii' }), { maxLength: 5 }), (words) => {
      expect(splitCommand(resource(words))).toEqual(words);
    }),
  );
});
