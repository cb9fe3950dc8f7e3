import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { gone, isRunning, until } from '../jobs/support/processes.ts';
import { observeRun, startUntil } from './support/spoke-run.ts';

const NOT_READY = 'it was not ready within 10 s';

describe('a spoke that is never ready', () => {
  test.each(['silent', 'never-ready'])('is ended after 10 s, and not before: %s', async (fixture) => {
    const observed = observeRun(fixture);
    observed.run.start();
    if (fixture === 'never-ready') await observed.until(() => observed.mediated.length === 1);
    const pid = observed.run.status().pid ?? 0;
    observed.powers.clock.advance(9_999);
    expect(observed.run.state).toBe('starting');
    observed.powers.clock.advance(1);
    expect(observed.run.status()).toMatchObject({ state: 'failed', reason: NOT_READY, pid: null });
    await observed.run.ended;
    await gone(pid);
    expect(observed.states.at(-1)).toEqual(['failed', NOT_READY]);
  });

  test('can be stopped at once', async () => {
    const observed = observeRun('silent');
    observed.run.start();
    await observed.run.stop();
    expect(observed.states.map(([state]) => state)).toEqual(['starting', 'stopping', 'stopped']);
  });
});

describe('a spoke that breaks the rules of the wire', () => {
  test.each([
    ['hello-twice', 'hello came twice'],
    ['request-first', 'a request came before hello'],
    ['ready-first', 'ready came before hello'],
    ['ready-twice', 'ready came twice'],
    ['failed-late', 'failed came after ready'],
    ['other-api', 'hello does not have the documented shape'],
    ['raw-line', 'a line is not a message'],
  ])('is ended, and that is told once: %s', async (fixture, what) => {
    const observed = observeRun(fixture);
    observed.run.start();
    const pid = observed.run.status().pid ?? 0;
    await observed.until(() => observed.run.state === 'failed' || observed.mediated.length > 0);
    expect(observed.breaches).toEqual([what]);
    await gone(pid);
    expect(observed.states.at(-1)).toEqual(['failed', `it broke the rules of the wire: ${what}`]);
    expect(observed.mediated).toEqual([]);
  });
});

describe('a spoke that ends', () => {
  test('before it was ready has failed, and how it ended is the reason', async () => {
    const observed = observeRun('exits');
    await startUntil(observed, 'failed');
    expect(observed.states).toEqual([
      ['starting', null],
      ['failed', 'it ended with exit code 3'],
    ]);
    expect(observed.run.status()).toMatchObject({ state: 'failed', pid: null });
    expect(readFileSync(observed.logFile, 'utf8')).toContain('[axium] it ended with exit code 3\n');
  });

  test('when it was ready has failed as well', async () => {
    const observed = observeRun('exits-when-ready');
    await startUntil(observed, 'failed');
    expect(observed.states.slice(1)).toEqual([
      ['ready', null],
      ['failed', 'it was ended by SIGTERM'],
    ]);
  });

  test('with a reason that it tells is ended with that: a line of it in the status, all of it in the log', async () => {
    const observed = observeRun('fails');
    await startUntil(observed, 'failed');
    await observed.run.ended;
    expect(observed.states).toEqual([
      ['starting', null],
      ['failed', 'main.mjs:3:1: Error: no'],
    ]);
    expect(readFileSync(observed.logFile, 'utf8')).toContain('[axium] main.mjs:3:1: Error: no\nmore of it\n');
  });

  test('its own channel is ended a moment later, which is no breach, and is told as the reason', async () => {
    const observed = observeRun('closes-channel');
    await startUntil(observed, 'ready');
    const pid = observed.run.status().pid ?? 0;
    const { clock } = observed.powers;
    await until(() => clock.waits().length > 0 || !isRunning(pid));
    clock.advance(1000);
    await observed.until(() => observed.run.state === 'failed');
    await gone(pid);
    expect(observed.breaches).toEqual([]);
    expect(observed.states.at(-1)?.[1]).toContain('channel');
  });

  test.each(['has-children', 'leaves-child'])('takes with it what it started: %s', async (fixture) => {
    const observed = observeRun(fixture);
    observed.run.start();
    await observed.until(() => observed.mediated.length === 1);
    const child = Number(observed.mediated[0]?.message.body.title);
    if (fixture === 'leaves-child') await observed.until(() => observed.run.state === 'failed');
    const stopped = observed.run.stop();
    observed.powers.clock.advance(2_000);
    await stopped;
    await gone(child);
  });
});

describe('a spoke that does not stop when it is asked to', () => {
  test('can still ask, and is ended after 2 s, and not before', async () => {
    const observed = observeRun('ignores-shutdown');
    await startUntil(observed, 'ready');
    const pid = observed.run.status().pid ?? 0;
    const stopped = observed.run.stop();
    await observed.until(() => observed.mediated.length === 1);
    observed.powers.clock.advance(1_999);
    expect([observed.run.state, observed.run.status().pid]).toEqual(['stopping', pid]);
    observed.powers.clock.advance(1);
    await stopped;
    await gone(pid);
    expect(observed.states.at(-1)).toEqual(['stopped', 'it was ended by SIGKILL']);
  });

  test('is waited for by everybody who stops it', async () => {
    const observed = observeRun('ignores-shutdown');
    await startUntil(observed, 'ready');
    const settled: number[] = [];
    const stops = [1, 2].map((number) => observed.run.stop().then(() => settled.push(number)));
    observed.powers.clock.advance(1_999);
    expect(settled).toEqual([]);
    observed.powers.clock.advance(1);
    await Promise.all(stops);
    expect(observed.states.filter(([state]) => state === 'stopped')).toHaveLength(1);
  });
});

test('a spoke that takes more than it may is ended, and what it took is the reason', async () => {
  const observed = observeRun('ignores-shutdown');
  await startUntil(observed, 'ready');
  const pid = observed.run.status().pid ?? 0;
  observed.overuse('it took 600 MiB more memory than when it began');
  await gone(pid);
  expect(observed.states.at(-1)).toEqual(['failed', 'it took 600 MiB more memory than when it began']);
});
