import { expect, test } from 'vitest';
import type { JobStatus } from '../../schemas/control-shown.ts';
import { axium, makeWorld } from './support/cli.ts';
import { answerControl, Refused } from './support/control-server.ts';

const RUNNING: JobStatus = {
  id: 'j1',
  spoke: 'creds',
  argv: ['/usr/bin/aws', 'sso', 'login'],
  state: 'running',
  code: null,
  signal: null,
  started: '2025-10-07T16:30:00.000Z',
  ended: null,
};
const ENDED: JobStatus = {
  ...RUNNING,
  id: 'j22',
  spoke: 'nosy',
  argv: ['/bin/echo', 'two words', "it's", ''],
  state: 'exited',
  code: 3,
  ended: '2025-10-07T16:30:01.000Z',
};
const KILLED: JobStatus = { ...RUNNING, id: 'j3', state: 'timed-out', signal: 'SIGKILL' };

test('jobs list prints aligned rows in which each word of a command can be told', async () => {
  const world = await makeWorld();
  await answerControl(world, { jobs_list: { jobs: [RUNNING, ENDED, KILLED] } });
  expect(await axium(world, 'jobs', 'list')).toEqual({
    code: 0,
    stderr: '',
    stdout: `j1   creds  2025-10-07 16:30:00  running            /usr/bin/aws sso login
j22  nosy   2025-10-07 16:30:00  exited 3           /bin/echo 'two words' 'it'\\\\''s' ''
j3   creds  2025-10-07 16:30:00  timed-out SIGKILL  /usr/bin/aws sso login
`,
  });
});

test('jobs list says so when there are none, and --json prints an array', async () => {
  const empty = await makeWorld();
  await answerControl(empty, { jobs_list: { jobs: [] } });
  expect((await axium(empty, 'jobs', 'list')).stdout).toBe('No jobs\n');
  const full = await makeWorld();
  await answerControl(full, { jobs_list: { jobs: [RUNNING] } });
  expect(JSON.parse((await axium(full, 'jobs', 'list', '--json')).stdout)).toEqual([RUNNING]);
});

test('jobs logs keeps what a job wrote to stdout and to stderr apart, and says when it is not all', async () => {
  const world = await makeWorld();
  const logs = { job: ENDED, stdout: 'out 1\nout 2', stderr: 'err\n', truncated: true };
  const requests = await answerControl(world, { jobs_logs: logs });
  expect(await axium(world, 'jobs', 'logs', 'j22')).toEqual({
    code: 0,
    stdout: 'out 1\nout 2\n',
    stderr: 'err\naxium: the job wrote more than is kept; this is not all of it\n',
  });
  expect(requests).toEqual([{ cmd: 'jobs_logs', job: 'j22' }]);
  expect(JSON.parse((await axium(world, 'jobs', 'logs', 'j22', '--json')).stdout)).toEqual(logs);
});

test('jobs kill prints how the job stands', async () => {
  const world = await makeWorld();
  const requests = await answerControl(world, { jobs_kill: { job: { ...RUNNING, state: 'killed' } } });
  expect(await axium(world, 'jobs', 'kill', 'j1')).toEqual({
    code: 0,
    stderr: '',
    stdout: 'j1  creds  2025-10-07 16:30:00  killed  /usr/bin/aws sso login\n',
  });
  expect(requests).toEqual([{ cmd: 'jobs_kill', job: 'j1' }]);
});

test.each(['logs', 'kill'])('jobs %s of a job that is not there is an answer of no', async (verb) => {
  const world = await makeWorld();
  const missing = () => {
    throw new Refused('not_found', 'no');
  };
  await answerControl(world, { jobs_logs: missing, jobs_kill: missing });
  expect(await axium(world, 'jobs', verb, 'j9')).toEqual({
    code: 1,
    stdout: '',
    stderr: "axium: job 'j9' not found; 'axium jobs list' shows those that are known\n",
  });
});
