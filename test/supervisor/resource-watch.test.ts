import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { createUsageReader, type UsageLimits } from '../../core/sandbox/usage.ts';
import { Pulse } from '../../core/supervisor/pulse.ts';
import { ResourceWatch } from '../../core/supervisor/resource-watch.ts';
import { createPowers, type TestPowers } from '../support/powers.ts';

const MEBIBYTE = 1_048_576;
let powers: TestPowers;
let limits: UsageLimits;
let watch: ResourceWatch;

beforeEach(() => {
  powers = createPowers();
  limits = { extraMemory: 64 * MEBIBYTE, busySeconds: 60 };
  watch = new ResourceWatch(powers, new Pulse(powers.clock), () => limits);
  onTestFinished(() => watch.stop());
});

/** What is watched of a process. */
function processOf(pid: number, onExcess: (what: string) => void) {
  return { usage: createUsageReader(powers.filesNow, pid), onExcess };
}

/** Lets the next look happen. */
function look(): void {
  powers.clock.advance(5000);
}

/** A process that takes so many MiB whenever it is told to, and says when it has. */
async function startEater() {
  const code = `process.stdin.on('data', (text) => {
    globalThis.eaten = Buffer.alloc(Number(text) * ${MEBIBYTE}, 1);
    console.log('done');
  });
  console.log('ready');`;
  const child = spawn(process.execPath, ['-e', code], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const end = async () => {
    child.kill('SIGKILL');
    await exited;
  };
  onTestFinished(end);
  await once(child.stdout, 'data');
  return {
    pid: child.pid ?? 0,
    end,
    eat: async (mebibytes: number) => {
      const done = once(child.stdout, 'data');
      child.stdin.write(String(mebibytes));
      await done;
    },
  };
}

test('a process that takes more memory than it may beyond what it began with is told of, and not before', async () => {
  const { pid, eat } = await startEater();
  const told: string[] = [];
  watch.watch(processOf(pid, (what) => told.push(what)));
  await eat(16);
  look();
  expect(told).toEqual([]);
  await eat(128);
  look();
  expect(told).toEqual([expect.stringMatching(/^it took 1\d\d MiB more memory than when it began$/)]);
});

test('one alarm is enough for all that are watched, and none is left when nobody is', () => {
  const unwatch = [1, 2, 3].map(() => watch.watch(processOf(process.pid, () => {})));
  expect(powers.clock.waits()).toEqual([5000]);
  for (const [index, stop] of unwatch.entries()) {
    expect(powers.clock.waits()).toHaveLength(1);
    stop();
    if (index < 2) expect(powers.clock.waits()).toEqual([5000]);
  }
  expect(powers.clock.waits()).toEqual([]);
});

test('a process that has ended is told of no more, and does not keep the others from being looked at', async () => {
  const [gone, stays] = [await startEater(), await startEater()];
  const told: string[] = [];
  watch.watch(processOf(gone.pid, () => told.push('gone')));
  watch.watch(processOf(stays.pid, () => told.push('stays')));
  await gone.end();
  await stays.eat(128);
  look();
  expect(told).toEqual(['stays']);
});

test('a process that is not there is not watched', async () => {
  const { pid, end } = await startEater();
  await end();
  const unwatch = watch.watch(processOf(pid, () => {}));
  expect(powers.clock.waits()).toEqual([]);
  unwatch();
});

test('what nobody watches any more is told of no more', async () => {
  const { pid, eat } = await startEater();
  const told: string[] = [];
  const unwatch = watch.watch(processOf(pid, (what) => told.push(what)));
  watch.watch(processOf(process.pid, () => {}));
  unwatch();
  await eat(128);
  look();
  expect(told).toEqual([]);
});

test('one that cannot be looked at is logged, and keeps nobody from being looked at, then or later', async () => {
  const told: string[] = [];
  let looks = 0;
  const usage = () => {
    looks += 1;
    if (looks === 2) throw new Error('EMFILE');
    return { memory: 0, processor: 0 };
  };
  const { pid, eat } = await startEater();
  watch.watch({ usage, onExcess: () => {} });
  watch.watch(processOf(pid, () => told.push('ate')));
  await eat(128);
  look();
  expect([told, powers.logged]).toEqual([['ate'], ['a spoke could not be watched']]);
  look();
  expect(looks).toBe(3);
});
