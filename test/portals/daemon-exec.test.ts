import * as fs from 'node:fs/promises';
import fc from 'fast-check';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { inGroup } from '../../core/jobs/containment.ts';
import { Jobs } from '../../core/jobs/jobs.ts';
import { daemonExecPortal } from '../../core/portals/daemon-exec.ts';
import { splitCommand } from '../../core/portals/split-command.ts';
import type { OutputLine } from '../../core/portals/tell-output.ts';
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

describe('with mode stream', () => {
  /** A line whose process reads only once it is let. */
  function makeLine() {
    const told: { readonly stream: string; readonly text: string }[] = [];
    let isReading = Promise.resolve();
    const line: OutputLine = {
      send: (event) => {
        if (event.event === 'job_output') told.push({ stream: event.stream, text: event.text });
      },
      whenRead: () => isReading,
    };
    const hold = () => {
      let release = () => {};
      isReading = new Promise((resolve) => {
        release = resolve;
      });
      return () => release();
    };
    return { told, hold, line };
  }
  const stream = (line: OutputLine, command: readonly string[]) =>
    run(
      daemonExecPortal({
        ...{ files: fs, path: ['/usr/bin', '/bin'], runner: jobs, isScoped: () => false },
        lineTo: () => line,
      }),
      'daemon_exec',
      { command, mode: 'stream' },
    );
  const textOf = (told: ReturnType<typeof makeLine>['told'], wanted: string) =>
    told.flatMap(({ stream, text }) => (stream === wanted ? [text] : [])).join('');

  test('what a command writes is told as it comes, and the answer is that of wait', async () => {
    const { told, line } = makeLine();
    const answer = await stream(line, ['sh', '-c', 'echo one; echo two >&2; exit 4']);
    expect(answer).toMatchObject({ job: 'j1', code: 4, stdout: 'one\n', stderr: 'two\n' });
    expect([textOf(told, 'stdout'), textOf(told, 'stderr')]).toEqual(['one\n', 'two\n']);
  });

  test('no character is cut where the command wrote half of it', async () => {
    const { told, line } = makeLine();
    const script = "printf '\\303'; sleep 0.1; printf '\\244\\303'";
    await stream(line, ['sh', '-c', script]);
    expect(textOf(told, 'stdout')).toBe('\u00e4\ufffd');
  });

  test('nothing is told while the process does not read, and then all of it, in pieces, before the answer', async () => {
    const { told, hold, line } = makeLine();
    const release = hold();
    const answered = stream(line, ['sh', '-c', "head -c 60000 /dev/zero | tr '\\0' x"]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(told).toEqual([]);
    release();
    await answered;
    expect(textOf(told, 'stdout')).toBe('x'.repeat(60_000));
    expect(Math.max(...told.map(({ text }) => text.length))).toBeLessThanOrEqual(32_768);
  });

  test('no more is told than is kept', async () => {
    const { told, line } = makeLine();
    const answer = await stream(line, ['sh', '-c', "head -c 200000 /dev/zero | tr '\\0' x"]);
    expect(answer).toMatchObject({ truncated: true });
    expect(textOf(told, 'stdout')).toBe('x'.repeat(65_536));
  });
});
