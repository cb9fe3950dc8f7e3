import { readFileSync } from 'node:fs';
import { duplexPair, PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { gone, isRunning, until } from '../jobs/support/processes.ts';
import { observeLife, startUntil } from './support/observed-life.ts';

const NOT_READY = expect.stringMatching(
  /^it was not ready within 10 s: \/.*main\.mjs:12: 'register' has not returned, or what it awaits has not settled; begin what/,
);

describe('a spoke that is never ready', () => {
  test.each(['silent', 'never-ready'])('is ended after 10 s, and not before: %s', async (fixture) => {
    const observed = observeLife(fixture);
    observed.life.start();
    if (fixture === 'never-ready') await observed.until(() => observed.mediated.length === 1);
    const pid = observed.life.status().pid ?? 0;
    observed.powers.clock.advance(9_999);
    await Promise.resolve();
    expect(observed.life.state).toBe('starting');
    observed.powers.clock.advance(1);
    expect(observed.life.status()).toMatchObject({ state: 'failing', reason: NOT_READY, pid: null });
    await observed.until(() => observed.life.state === 'backoff');
    await gone(pid);
    expect(observed.states.at(-1)).toEqual(['backoff', NOT_READY]);
  });

  test('can be stopped at once', async () => {
    const observed = observeLife('silent');
    observed.life.start();
    await observed.life.stop();
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
    const observed = observeLife(fixture);
    observed.life.start();
    const pid = observed.life.status().pid ?? 0;
    await observed.until(() => observed.life.state === 'quarantined' || observed.mediated.length > 0);
    expect(observed.breaches).toEqual([what]);
    await gone(pid);
    expect(observed.states.at(-1)).toEqual(['quarantined', `it broke the rules of the wire: ${what}`]);
    expect(observed.powers.clock.waits()).toEqual([]);
    expect(observed.mediated).toEqual([]);
  });
});

describe('a spoke that ends', () => {
  test('before it was ready has failed, and how it ended is the reason', async () => {
    const observed = observeLife('exits');
    await startUntil(observed, 'backoff');
    expect(observed.states).toEqual([
      ['starting', null],
      ['backoff', 'it ended with exit code 3'],
    ]);
    expect(observed.life.status()).toMatchObject({ state: 'backoff', pid: null });
    expect(readFileSync(observed.logFile, 'utf8')).toContain('[axium] it ended with exit code 3\n');
  });

  test('when it was ready has failed as well', async () => {
    const observed = observeLife('exits-when-ready');
    await startUntil(observed, 'backoff');
    expect(observed.states.slice(1)).toEqual([
      ['ready', null],
      ['backoff', 'it was ended by SIGTERM'],
    ]);
  });

  test('with a reason that it tells is ended with that: a line of it in the status, all of it in the log', async () => {
    const observed = observeLife('fails');
    await startUntil(observed, 'backoff');
    expect(observed.states).toEqual([
      ['starting', null],
      ['failing', 'main.mjs:3:1: Error: no'],
      ['backoff', 'main.mjs:3:1: Error: no'],
    ]);
    expect(readFileSync(observed.logFile, 'utf8')).toContain('[axium] main.mjs:3:1: Error: no\nmore of it\n');
  });

  test.each(['write', 'end'] as const)(
    'right after it has told a reason is told with that, and not with its exit code: %s',
    async (last) => {
      const failed = { id: 2, cmd: 'failed', error: 'main.mjs:3:1: Error: no' };
      const start = () => {
        const [channel, end] = duplexPair();
        // All of it is there before anybody reads, and then the process is gone.
        end[last](`{"id":1,"cmd":"hello","api":1}\n${JSON.stringify(failed)}\n`);
        const exited = Promise.resolve({ code: 1, signal: null });
        const [stdout, stderr] = [new PassThrough(), new PassThrough()];
        return {
          pid: () => null,
          channel,
          stdout,
          stderr,
          moduleUrl: 'file:///a/main.mjs',
          kill: () => {},
          exited,
        };
      };
      const observed = observeLife('', { sandbox: () => ({ level: 'none', start }) });
      await startUntil(observed, 'backoff');
      expect(observed.life.reason).toBe('main.mjs:3:1: Error: no');
    },
  );

  test('its own channel is ended a moment later, which is no breach, and is told as the reason', async () => {
    const observed = observeLife('closes-channel');
    await startUntil(observed, 'ready');
    const pid = observed.life.status().pid ?? 0;
    const { clock } = observed.powers;
    await until(() => clock.waits().includes(500) || !isRunning(pid));
    clock.advance(500);
    await observed.until(() => observed.life.state === 'backoff');
    await gone(pid);
    expect(observed.breaches).toEqual([]);
    expect(observed.states.at(-1)?.[1]).toContain('channel');
  });

  test.each(['has-children', 'leaves-child'])('takes with it what it started: %s', async (fixture) => {
    const observed = observeLife(fixture);
    observed.life.start();
    await observed.until(() => observed.mediated.length === 1);
    const child = Number(observed.mediated[0]?.message.body.title);
    if (fixture === 'leaves-child') await observed.until(() => observed.life.state === 'backoff');
    const stopped = observed.life.stop();
    observed.powers.clock.advance(2_000);
    await stopped;
    await gone(child);
  });
});

describe('a spoke that does not stop when it is asked to', () => {
  test('can still ask, and is ended after 2 s, and not before', async () => {
    const observed = observeLife('ignores-shutdown');
    await startUntil(observed, 'ready');
    const pid = observed.life.status().pid ?? 0;
    const stopped = observed.life.stop();
    await observed.until(() => observed.mediated.length === 1);
    observed.powers.clock.advance(1_999);
    expect([observed.life.state, observed.life.status().pid]).toEqual(['stopping', pid]);
    observed.powers.clock.advance(1);
    await stopped;
    await gone(pid);
    expect(observed.states.at(-1)).toEqual(['stopped', 'it was ended by SIGKILL']);
  });

  test('is waited for by everybody who stops it', async () => {
    const observed = observeLife('ignores-shutdown');
    await startUntil(observed, 'ready');
    const settled: number[] = [];
    const stops = [1, 2].map((number) => observed.life.stop().then(() => settled.push(number)));
    observed.powers.clock.advance(1_999);
    expect(settled).toEqual([]);
    observed.powers.clock.advance(1);
    await Promise.all(stops);
    expect(observed.states.filter(([state]) => state === 'stopped')).toHaveLength(1);
  });
});

test('a spoke that takes more than it may is ended, and what it took is the reason', async () => {
  const observed = observeLife('ignores-shutdown');
  await startUntil(observed, 'ready');
  const pid = observed.life.status().pid ?? 0;
  observed.overuse('it took 600 MiB more memory than when it began');
  await observed.until(() => observed.life.state === 'backoff');
  await gone(pid);
  expect(observed.states.slice(2)).toEqual([
    ['failing', 'it took 600 MiB more memory than when it began'],
    ['backoff', 'it took 600 MiB more memory than when it began'],
  ]);
});
