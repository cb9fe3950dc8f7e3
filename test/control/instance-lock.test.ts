import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { takeInstanceLock } from '../../core/control/instance-lock.ts';
import type { FilesNow } from '../../core/powers.ts';
import { createPowers } from '../support/powers.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';
import { startLockTaker } from './support/lock-taker.ts';

let directory: string;
let path: string;

beforeEach(() => {
  directory = makeTemporaryDirectory();
  path = `${directory}/axiumd.lock`;
});

const take = (files: Partial<FilesNow> = {}) =>
  takeInstanceLock(createPowers({ filesNow: { ...fs, ...files } as FilesNow }), path);
const held = (pid: number) =>
  expect.objectContaining({
    code: 'exists',
    message: `the daemon is already running (pid ${pid}); 'axium daemon stop' ends it`,
  });

/** The text of a lock that a process holds, as the code writes it. */
const lockOf = (pid: number, began: string) => JSON.stringify({ pid, began });

function beganOf(pid: number): string {
  const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
  const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  return `${fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}:${ticks}`;
}

test('a lock is held until it is given back', () => {
  const release = take();
  expect(() => take()).toThrow(held(process.pid));
  release();
  expect(fs.readdirSync(directory)).toEqual([]);
  take()();
});

test('only its owner can read a lock, and nothing but the lock is left lying', () => {
  const release = take();
  expect(() => take()).toThrow();
  expect(fs.readdirSync(directory)).toEqual(['axiumd.lock']);
  expect(fs.statSync(path).mode & 0o777).toBe(0o600);
  release();
});

test('giving back a lock twice, or one that another has by now, takes nothing from anybody', () => {
  const release = take();
  fs.writeFileSync(path, lockOf(1, 'another'));
  release();
  release();
  expect(fs.readFileSync(path, 'utf8')).toBe(lockOf(1, 'another'));
});

describe('a lock that another process took', () => {
  test('is respected while that lives, and taken over when it was killed', async () => {
    const other = await startLockTaker();
    expect(await other.take(path)).toBe('got');
    expect(() => take()).toThrow(held(other.pid));
    await other.kill();
    const release = take();
    expect(fs.readFileSync(path, 'utf8')).toBe(lockOf(process.pid, beganOf(process.pid)));
    release();
  });

  test('is taken over when its number belongs to another process by now', () => {
    fs.writeFileSync(path, lockOf(process.pid, `${beganOf(process.pid)}0`));
    take()();
    fs.writeFileSync(path, lockOf(1, 'before the last boot:1'));
    take()();
    expect(fs.readdirSync(directory)).toEqual([]);
  });

  test('is taken over when it has ended and nobody has collected it yet', async () => {
    const script = 'sleep 600 & echo $!; exec sleep 600';
    const parent = spawn('/bin/sh', ['-c', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const exited = once(parent, 'exit');
    onTestFinished(async () => {
      parent.kill('SIGKILL');
      await exited;
    });
    const pid = Number(String((await once(parent.stdout, 'data'))[0]));
    fs.writeFileSync(path, lockOf(pid, beganOf(pid)));
    expect(() => take()).toThrow(held(pid));
    // Until it is no shell any more, it would collect what it has started.
    while (fs.readFileSync(`/proc/${parent.pid}/comm`, 'utf8') !== 'sleep\n') {
      await new Promise((resolve) => setImmediate(resolve));
    }
    process.kill(pid, 'SIGKILL');
    while (!/\) Z /.test(fs.readFileSync(`/proc/${pid}/stat`, 'utf8'))) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    take()();
  });

  test.each([
    '',
    'x',
    'null',
    '[]',
    '{}',
    '{"pid":"1","began":"x"}',
    '{"pid":1,"began":""}',
    '{"pid":1}',
    '\0',
  ])('is taken over when it says nothing of a holder: %j', (text) => {
    fs.writeFileSync(path, text);
    take()();
    expect(fs.readdirSync(directory)).toEqual([]);
  });
});

test('a directory in the place of the lock is an error, and nothing is left lying', () => {
  fs.mkdirSync(path);
  expect(() => take()).toThrow();
  expect(fs.readdirSync(directory)).toEqual(['axiumd.lock']);
});

test('a lock that cannot be written is an error, and no lock', () => {
  const linkSync = () => {
    throw Object.assign(new Error('none'), { code: 'EPERM' });
  };
  expect(() => take({ linkSync })).toThrow(expect.objectContaining({ code: 'EPERM' }));
  expect(fs.readdirSync(directory)).toEqual([]);
});

describe('of several that find a dead lock at once', () => {
  const stale = lockOf(2 ** 22 + 1, 'dead');

  /** Tries to take the lock: true where it was got, false where it was refused as it is to be. */
  const tries = (files: Partial<FilesNow> = {}): boolean => {
    try {
      take(files);
      return true;
    } catch (error) {
      expect(['exists', 'busy']).toContain((error as { code?: string }).code);
      return false;
    }
  };

  /** Everything is as a process left it that died before this step of taking the lock over. */
  function dieBefore(step: number): void {
    for (const name of fs.readdirSync(directory)) fs.rmSync(`${directory}/${name}`, { recursive: true });
    fs.writeFileSync(path, stale);
    let steps = 0;
    const dead = beforeStep(() => {
      steps += 1;
      if (steps > step) throw new Error('it is dead');
    });
    try {
      take(dead);
    } catch {
      // Dead.
    }
    // What it held would be found alive here, since this process still is.
    for (const name of fs.readdirSync(directory)) fs.writeFileSync(`${directory}/${name}`, stale);
    if (!fs.existsSync(path)) fs.writeFileSync(path, stale);
  }

  test.each(Array.from({ length: 12 }, (_, step) => [step]))(
    'exactly one gets it, whatever the others do between two of its steps, after one died before step %i',
    (death) => {
      // A second and a third one run whole before two of the steps of the first.
      for (let second = 0; second < 16; second += 1) {
        for (let third = second; third < second + 5; third += 1) {
          dieBefore(death);
          let step = 0;
          let got = 0;
          const files = beforeStep(() => {
            if (step === second && tries()) got += 1;
            if (step === third && tries()) got += 1;
            step += 1;
          });
          if (tries(files)) got += 1;
          expect([second, third, got]).toEqual([second, third, 1]);
        }
      }
    },
  );

  test('exactly one of eight processes gets it, time after time', async () => {
    const takers = await Promise.all(Array.from({ length: 8 }, startLockTaker));
    for (let round = 0; round < 40; round += 1) {
      const contested = `${path}.${round}`;
      fs.writeFileSync(contested, stale);
      const answers = await Promise.all(takers.map((taker) => taker.take(contested)));
      expect([round, answers.filter((answer) => answer === 'got')]).toEqual([round, ['got']]);
      expect(answers.filter((answer) => !['got', 'exists', 'busy'].includes(answer))).toEqual([]);
    }
    expect(fs.readdirSync(directory).filter((name) => !/^axiumd\.lock\.\d+$/.test(name))).toEqual([]);
  });
});

/** The real file access, which calls this before each of its steps. */
function beforeStep(call: () => void): Partial<FilesNow> {
  const real: Record<string, unknown> = { ...fs };
  const steps = ['linkSync', 'readFileSync', 'unlinkSync', 'writeFileSync'];
  const watched = steps.map((name) => [
    name,
    (...args: unknown[]) => {
      call();
      return (real[name] as (...rest: unknown[]) => unknown)(...args);
    },
  ]);
  return Object.fromEntries(watched) as Partial<FilesNow>;
}
