import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { inGroup } from '../../core/jobs/containment.ts';
import { Jobs } from '../../core/jobs/jobs.ts';
import { createPowers, type TestPowers } from '../support/powers.ts';
import { commandTarget } from '../support/queries.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';
import { script } from './support/processes.ts';

let powers: TestPowers;
let jobs: Jobs;

const SLEEP = ['/bin/sleep', '600'];
const CREDS = { spoke: 'creds' };

beforeEach(() => {
  const cwd = makeTemporaryDirectory();
  powers = createPowers();
  jobs = new Jobs({
    powers,
    environment: () => ({ env: {}, cwd, limits: { timeoutMs: 60_000, maxOutput: 1000 } }),
    contain: inGroup,
    maxPerSpoke: 2,
    keep: 3,
  });
  onTestFinished(() => jobs.stop());
});

const start = (argv: readonly string[], subject = CREDS) => jobs.start(subject, commandTarget(argv));
const states = () => jobs.list().map(({ id, state }) => `${id} ${state}`);

test('a job is listed while it runs and after it, with when and how', async () => {
  const { finished } = start(script('exit 3'));
  const job = { id: 'j1', spoke: 'creds', argv: script('exit 3'), started: '2030-01-01T00:00:00.000Z' };
  expect(jobs.list()).toEqual([{ ...job, state: 'running', code: null, signal: null, ended: null }]);
  powers.clock.advance(1500);
  await finished;
  const ended = '2030-01-01T00:00:01.500Z';
  expect(jobs.list()).toEqual([{ ...job, state: 'exited', code: 3, signal: null, ended }]);
});

test('what a job has written is kept, and that there was more is told', async () => {
  await Promise.all([
    start(script('echo out; echo err >&2')).finished,
    start(['/usr/bin/yes', '123456789'], { spoke: 'other' }).finished,
  ]);
  expect(jobs.logs('j1')).toMatchObject({ stdout: 'out\n', stderr: 'err\n', truncated: false });
  expect(jobs.logs('j2')).toMatchObject({ stdout: '123456789\n'.repeat(100), truncated: true });
  expect(jobs.logs('j2').job).toMatchObject({ state: 'too-much-output', signal: 'SIGKILL' });
});

test('what a running job has written so far can be seen', async () => {
  start(script('echo started; exec sleep 600'));
  while (jobs.logs('j1').stdout === '') await new Promise((resolve) => setImmediate(resolve));
  expect(jobs.logs('j1')).toMatchObject({ stdout: 'started\n', job: { state: 'running' } });
});

test('a spoke has so many jobs at once, whatever others have', async () => {
  const first = start(SLEEP);
  start(SLEEP);
  expect(() => start(SLEEP)).toThrow(
    expect.objectContaining({ code: 'busy', message: expect.stringContaining('2 commands are running') }),
  );
  start(SLEEP, { spoke: 'other' });
  await Promise.all([jobs.kill('j1'), first.finished]);
  start(SLEEP);
  expect(states()).toEqual(['j1 killed', 'j2 running', 'j3 running', 'j4 running']);
});

test('a program that cannot be executed is a job that failed, and takes no place', async () => {
  for (let times = 0; times < 3; times += 1) await start(['/nowhere/program']).finished;
  expect(states()).toEqual(['j1 failed', 'j2 failed', 'j3 failed']);
});

test('a job that is killed is over when that is answered', async () => {
  start(SLEEP);
  expect(await jobs.kill('j1')).toMatchObject({ state: 'killed', code: null, signal: 'SIGKILL' });
});

test('a job that is over is not killed, and keeps how it ended', async () => {
  await start(script('exit 0')).finished;
  expect(await jobs.kill('j1')).toMatchObject({ state: 'exited', code: 0 });
});

test.each(['j1', '', 'constructor', '../j1'])('there is no job %j, and that is said', async (id) => {
  const missing = expect.objectContaining({ code: 'not_found', message: expect.stringContaining(`'${id}'`) });
  expect(() => jobs.logs(id)).toThrow(missing);
  await expect(jobs.kill(id)).rejects.toEqual(missing);
});

test('jobs that lost their right are ended, and only those', async () => {
  const lost = start(SLEEP);
  start(SLEEP, { spoke: 'other' });
  await start(script('exit 0')).finished;
  const asked: string[] = [];
  const revoked = jobs.revoke((spoke, { argv }) => {
    asked.push(`${spoke} ${argv.join(' ')}`);
    return spoke !== 'creds';
  });
  expect(revoked.map(({ id }) => id)).toEqual(['j1']);
  expect(asked).toEqual(['creds /bin/sleep 600', 'other /bin/sleep 600']);
  expect(await lost.finished).toMatchObject({ signal: 'SIGKILL' });
  expect(states()).toEqual(['j1 killed', 'j2 running', 'j3 exited']);
});

describe('stopping', () => {
  test('ends all jobs and settles when they are over', async () => {
    start(SLEEP);
    start(SLEEP, { spoke: 'other' });
    await jobs.stop();
    expect(states()).toEqual(['j1 killed', 'j2 killed']);
  });

  test('ends it: a spoke that is still there starts no further command', async () => {
    await jobs.stop();
    expect(() => start(SLEEP)).toThrow(expect.objectContaining({ code: 'unavailable' }));
  });
});

test('so many jobs that are over are remembered, the youngest, and all that run', async () => {
  start(SLEEP);
  for (let times = 0; times < 5; times += 1) await start(script('exit 0')).finished;
  expect(states()).toEqual(['j1 running', 'j4 exited', 'j5 exited', 'j6 exited']);
  expect(() => jobs.logs('j2')).toThrow(expect.objectContaining({ code: 'not_found' }));
});

test('a spoke cannot push the jobs of another out of what is remembered', async () => {
  await start(script('exit 0'), { spoke: 'other' }).finished;
  for (let times = 0; times < 5; times += 1) await start(script('exit 0')).finished;
  expect(states()).toEqual(['j1 exited', 'j4 exited', 'j5 exited', 'j6 exited']);
});

test('a job has its own number, whatever was forgotten', async () => {
  for (let times = 0; times < 10; times += 1) await start(script('exit 0')).finished;
  expect(start(SLEEP).id).toBe('j11');
});
