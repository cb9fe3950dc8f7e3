import { chmod, writeFile } from 'node:fs/promises';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { type CommandInput, runCommand } from '../../core/jobs/run-command.ts';
import { createPowers, type TestPowers } from '../support/powers.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';
import { end, gone, isRunning, script, until } from './support/processes.ts';

let cwd: string;
let powers: TestPowers;
let signals: (readonly [number, string | number])[];

beforeEach(() => {
  cwd = makeTemporaryDirectory();
  const real = createPowers();
  signals = [];
  powers = createPowers({
    signal: (pid, signal) => {
      signals.push([pid, signal]);
      return real.signal(pid, signal);
    },
  });
});

const LIMITS = { timeoutMs: 60_000, maxOutput: 1000 };

function start(argv: readonly string[], more: Partial<CommandInput> = {}) {
  const command = runCommand(powers, { argv, env: {}, cwd, limits: LIMITS, ...more });
  onTestFinished(async () => {
    command.kill();
    await command.finished;
  });
  return command;
}

/** Runs a command to its end. */
async function run(argv: readonly string[], more: Partial<CommandInput> = {}) {
  const command = start(argv, more);
  const result = await command.finished;
  return { ...result, stdout: command.stdout(), stderr: command.stderr() };
}

/** The process ids that a command has printed, so many of them. */
async function printedPids(stdout: () => string, count: number): Promise<readonly number[]> {
  await until(() => stdout().split('\n').length > count);
  return stdout().trim().split('\n').map(Number);
}

describe('what a command finds', () => {
  test('is the environment that it was given, and nothing of the daemon', async () => {
    const { stdout } = await run(['/usr/bin/env'], { env: { A: '1', B: 'x y' } });
    expect(stdout.split('\n').sort()).toEqual(['', 'A=1', 'B=x y']);
  });

  test('is no input, so that a command that reads ends', async () => {
    expect(await run(['/bin/cat'])).toMatchObject({ end: 'exited', code: 0, stdout: '' });
    expect((await run(['/usr/bin/readlink', '/proc/self/fd/0'])).stdout).toBe('/dev/null\n');
  });

  test('is no terminal', async () => {
    expect((await run(script(': </dev/tty'))).code).not.toBe(0);
  });

  test('is no descriptor of the daemon but its output', async () => {
    const { stdout } = await run(script('ls /proc/$$/fd'));
    expect(stdout.split('\n').filter((fd) => Number(fd) > 2 && Number(fd) < 10)).toEqual([]);
  });

  test('is the directory that it was given', async () => {
    expect((await run(['/bin/pwd'])).stdout).toBe(`${cwd}\n`);
  });

  test('is its words as they are', async () => {
    const words = ['a b', '$HOME', '', '*', '`id`', "it's"];
    expect((await run(['/usr/bin/printf', '%s\\n', ...words])).stdout).toBe(`${words.join('\n')}\n`);
  });
});

describe('how a command ends', () => {
  test('by itself, with its exit code and what it wrote', async () => {
    expect(await run(script('echo out; echo err >&2; exit 3'))).toEqual({
      end: 'exited',
      code: 3,
      signal: null,
      stdout: 'out\n',
      stderr: 'err\n',
    });
  });

  test('by a signal of its own', async () => {
    expect(await run(script('kill -TERM $$'))).toMatchObject({
      end: 'killed',
      code: null,
      signal: 'SIGTERM',
    });
  });

  test('when its time is over, and not before', async () => {
    const command = start(['/bin/sleep', '600']);
    powers.clock.advance(LIMITS.timeoutMs - 1);
    expect(signals).toEqual([]);
    powers.clock.advance(1);
    expect(await command.finished).toEqual({ end: 'timed-out', code: null, signal: 'SIGKILL' });
  });

  test('when it writes more than it may, of which the first bytes are kept', async () => {
    const { end: how, stdout } = await run(['/usr/bin/yes', '123456789']);
    expect([how, stdout]).toEqual(['too-much-output', '123456789\n'.repeat(100)]);
  });

  test('when it writes more errors than it may', async () => {
    const { end: how, stderr } = await run(script('exec yes 123456789 >&2'));
    expect([how, stderr]).toEqual(['too-much-output', '123456789\n'.repeat(100)]);
  });

  test('by itself, where each of the two streams is as long as it may be', async () => {
    const text = 'x'.repeat(LIMITS.maxOutput);
    expect(await run(script(`printf ${text}; printf ${text} >&2`))).toMatchObject({
      end: 'exited',
      code: 0,
      stdout: text,
      stderr: text,
    });
  });

  test('when it is told to', async () => {
    const command = start(['/bin/sleep', '600']);
    command.kill();
    expect(await command.finished).toEqual({ end: 'killed', code: null, signal: 'SIGKILL' });
  });

  test.each([
    ['that is not there', '/nowhere/program'],
    ['that is a directory', '/tmp'],
    ['without the right to be executed', 'plain'],
    ['whose interpreter is not there', 'broken'],
  ])('as failed, for a program %s', async (_what, program) => {
    await writeFile(`${cwd}/plain`, '#!/bin/sh\n');
    await writeFile(`${cwd}/broken`, '#!/nowhere/interpreter\n');
    await chmod(`${cwd}/broken`, 0o755);
    const path = program.startsWith('/') ? program : `${cwd}/${program}`;
    expect(await run([path])).toEqual({ end: 'failed', code: null, signal: null, stdout: '', stderr: '' });
  });

  test('as failed, where its directory is not there', async () => {
    expect(await run(['/bin/pwd'], { cwd: `${cwd}/none` })).toMatchObject({ end: 'failed' });
  });

  test('and then nothing waits for it any more', async () => {
    await run(script('exit 0'));
    await run(['/nowhere/program']);
    expect(powers.clock.waits()).toEqual([]);
  });
});

describe('the processes of a command', () => {
  test('end by their signal where what holds them together cannot end them', async () => {
    let tried = 0;
    const end = () => {
      tried += 1;
      throw new Error('there is no such file');
    };
    const command = start(['/bin/sleep', '600'], { group: { end, release: () => {} } });
    command.kill();
    expect(await command.finished).toMatchObject({ end: 'killed', signal: 'SIGKILL' });
    expect(tried).toBeGreaterThan(0);
  });

  test('all end when it is killed', async () => {
    const command = start(script('sleep 600 & echo $!; (sleep 600 & echo $!; wait) & wait'));
    const pids = await printedPids(command.stdout, 2);
    expect(pids.map(isRunning)).toEqual([true, true]);
    command.kill();
    await command.finished;
    await Promise.all(pids.map(gone));
  });

  test('all end when it ends itself', async () => {
    const { end: how, code, stdout } = await run(script('sleep 600 & echo $!'));
    expect([how, code]).toEqual(['exited', 0]);
    await gone(Number(stdout));
  });

  test('all end when it writes too much or takes too long', async () => {
    const loud = start(script('sleep 600 & echo $!; exec yes'));
    const silent = start(script('sleep 600 & echo $!; wait'));
    const pids = [...(await printedPids(loud.stdout, 1)), ...(await printedPids(silent.stdout, 1))];
    powers.clock.advance(LIMITS.timeoutMs);
    await Promise.all([loud.finished, silent.finished]);
    await gone(pids[0] as number);
    await gone(pids.at(-1) as number);
  });

  test('hold nobody up, where one left the group and keeps the output open', async () => {
    const command = start(script('setsid sleep 600 & echo $!'));
    const [pid = 0] = await printedPids(command.stdout, 1);
    onTestFinished(() => end(pid));
    await until(() => powers.clock.waits().some((wait) => wait <= 1000));
    powers.clock.advance(1000);
    expect(await command.finished).toMatchObject({ end: 'exited', code: 0 });
  });

  test('are sent no signal once the command is over, since its number can be another process by then', async () => {
    const command = start(script('exit 0'));
    await command.finished;
    signals.length = 0;
    command.kill();
    powers.clock.advance(LIMITS.timeoutMs);
    expect(signals).toEqual([]);
  });
});
