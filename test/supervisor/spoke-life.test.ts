import { describe, expect, onTestFinished, test } from 'vitest';
import { AxiumError } from '../../core/errors.ts';
import type { ConfinedProcess } from '../../core/sandbox/sandbox.ts';
import { gone, isRunning, until } from '../jobs/support/processes.ts';
import { createPowers } from '../support/powers.ts';
import { fixtureSandbox, makeSpoke, observeLife, startUntil } from './support/observed-life.ts';

describe('a spoke that behaves', () => {
  test('is starting, then ready, and is told who it is', async () => {
    const spoke = makeSpoke('creds', '1.2.3');
    const observed = observeLife('well-behaved', { spoke });
    await startUntil(observed, 'ready');
    expect(observed.states).toEqual([
      ['starting', null],
      ['ready', null],
    ]);
    expect(observed.life.status()).toMatchObject({
      name: 'creds',
      version: '1.2.3',
      directory: spoke.directory,
      state: 'ready',
      reason: null,
      level: 'none',
      pid: expect.any(Number),
    });
  });

  test('can ask before it is ready, and is known by its channel and not by what it says', async () => {
    const observed = observeLife('well-behaved');
    await startUntil(observed, 'ready');
    expect(observed.mediated).toEqual([
      {
        subject: { spoke: 'creds', instance: 'creds#test-1', level: 'none' },
        message: {
          id: 5,
          cmd: 'notify',
          place: expect.anything(),
          body: { id: 5, cmd: 'notify', title: 'creds' },
        },
      },
    ]);
  });

  test('stops when it is asked to, and is gone when that is settled', async () => {
    const observed = observeLife('well-behaved');
    await startUntil(observed, 'ready');
    const pid = observed.life.status().pid ?? 0;
    await observed.life.stop();
    await gone(pid);
    expect(observed.states.slice(2)).toEqual([
      ['stopping', null],
      ['stopped', 'it ended with exit code 0'],
    ]);
    expect(observed.life.status().pid).toBeNull();
    expect(observed.powers.clock.waits()).toEqual([]);
  });

  test('has the line of its function looked up only where its start takes long', async () => {
    const observed = observeLife('well-behaved');
    await startUntil(observed, 'ready');
    observed.powers.clock.advance(30_000);
    expect(observed.lookUps()).toBe(0);
    const late = observeLife('silent');
    late.life.start();
    late.powers.clock.advance(5000);
    expect([late.life.state, late.lookUps()]).toEqual(['starting', 1]);
  });

  test('leaves no alarm of its start behind when it is ready, but the one of its heartbeat', async () => {
    const observed = observeLife('well-behaved');
    await startUntil(observed, 'ready');
    expect(observed.powers.clock.waits()).toEqual([5000]);
  });
});

test('a process that cannot be started is a failure like others, and tried again', async () => {
  const observed = observeLife('', {
    sandbox: () => ({
      level: 'none',
      start: () => {
        throw new AxiumError('unavailable', 'node: the process could not be started');
      },
    }),
  });
  observed.life.start();
  expect(observed.states).toEqual([
    ['starting', null],
    ['backoff', 'node: the process could not be started'],
  ]);
  expect(observed.powers.clock.waits()).toEqual([1000]);
});

describe('a process that was started ahead', () => {
  /** One that runs already, and when it is given to the spoke. */
  const aheadOf = (spoke = makeSpoke()) => {
    const sandbox = fixtureSandbox(createPowers(), 'well-behaved');
    const process = sandbox.start({ directory: spoke.directory, module: 'main.mjs' });
    let resolve: (process: ConfinedProcess) => void = () => {};
    const giving = new Promise<ConfinedProcess>((settle) => {
      resolve = settle;
    });
    return { spoke, pid: process.pid() ?? 0, give: () => resolve(process), takeWarm: () => giving };
  };

  test('is taken in the place of a new one, and what is told of it is the same', async () => {
    const { spoke, pid, give, takeWarm } = aheadOf();
    const observed = observeLife('exits', { spoke, takeWarm });
    give();
    await startUntil(observed, 'ready');
    expect(observed.life.status()).toMatchObject({ state: 'ready', level: 'none', pid });
    expect([observed.life.isWarm, observed.mediated[0]?.subject.instance]).toEqual([true, 'creds#test-1']);
  });

  test.each([
    ['where there is none', async () => null],
    ['where it cannot be taken', () => Promise.reject(new Error('EMFILE'))],
  ])('is not waited for %s', async (_, takeWarm) => {
    const observed = observeLife('well-behaved', { takeWarm });
    await startUntil(observed, 'ready');
    expect(observed.life.isWarm).toBe(false);
  });

  test('that comes when the spoke was stopped is gone before that is settled', async () => {
    const { spoke, pid, give, takeWarm } = aheadOf();
    const observed = observeLife('well-behaved', { spoke, takeWarm });
    observed.life.start();
    const stopped = observed.life.stop();
    give();
    await stopped;
    expect([isRunning(pid), observed.life.state, observed.mediated]).toEqual([false, 'stopped', []]);
  });

  test('is not taken by a spoke that may not run as it lies there by then', async () => {
    const { spoke, pid, give, takeWarm } = aheadOf();
    const taken: string[] = [];
    const objection = async () => taken.at(-1) ?? null;
    const observed = observeLife('well-behaved', { spoke, takeWarm, objection });
    observed.life.start();
    taken.push('its code is another one');
    give();
    await observed.until(() => observed.life.state === 'quarantined');
    expect([isRunning(pid), observed.life.reason, observed.mediated]).toEqual([
      false,
      'its code is another one',
      [],
    ]);
  });
});

describe('a process that is not made before its turn', () => {
  /** A life of which the test says when its process may be made. */
  const inTurn = (fixture: string) => {
    const turns: (() => void)[] = [];
    const observed = observeLife(fixture, { inTurn: (make) => turns.push(make) });
    observed.life.start();
    return { observed, turn: () => turns.shift()?.() };
  };

  test('is not waited for: the time that it has begins with it', async () => {
    const { observed, turn } = inTurn('silent');
    observed.powers.clock.advance(60_000);
    expect([observed.life.state, observed.life.status().pid]).toEqual(['starting', null]);
    turn();
    observed.powers.clock.advance(9_999);
    expect(observed.life.state).toBe('starting');
    observed.powers.clock.advance(1);
    expect(observed.life.state).toBe('failing');
  });

  test('is never made where the spoke was stopped meanwhile, and it can be started again', async () => {
    const { observed, turn } = inTurn('well-behaved');
    const stopped = observed.life.stop();
    expect(observed.life.state).toBe('stopping');
    turn();
    await stopped;
    expect([observed.states.at(-1), observed.powers.clock.waits()]).toEqual([['stopped', null], []]);
    observed.life.start();
    turn();
    await observed.until(() => observed.life.state === 'ready');
    expect(observed.instances).toEqual(['creds#test-1', 'creds#test-2']);
  });
});

test('a life that was never started stops at once', async () => {
  const observed = observeLife('silent');
  await observed.life.stop();
  expect([observed.states, observed.life.state]).toEqual([[], 'stopped']);
});

test('a spoke finds nothing of the daemon: no environment, no descriptor but its channel', async () => {
  const observed = observeLife('finds');
  onTestFinished(() => observed.life.stop());
  observed.life.start();
  await observed.until(() => observed.mediated.length === 1);
  expect(observed.mediated[0]?.message.body).toMatchObject({ env: [], shared: [] });
});

describe('a spoke that fails', () => {
  test('is tried again after 1, 2, 4 and 8 s, under another name each time, and after five failures not any more', async () => {
    const observed = observeLife('exits');
    const { clock } = observed.powers;
    observed.life.start();
    for (const [failures, wait] of [1000, 2000, 4000, 8000].entries()) {
      await observed.until(() => observed.states.filter(([state]) => state === 'backoff').length > failures);
      expect(clock.waits()).toEqual([wait]);
      clock.advance(wait - 1);
      expect(observed.life.state).toBe('backoff');
      clock.advance(1);
      expect(observed.life.state).toBe('starting');
    }
    await observed.until(() => observed.life.state === 'quarantined');
    const reason = 'it failed 5 times in a row, the last time: it ended with exit code 3';
    expect(observed.life.status()).toMatchObject({ state: 'quarantined', reason, pid: null });
    expect(clock.waits()).toEqual([]);
    expect(observed.instances).toEqual([1, 2, 3, 4, 5].map((number) => `creds#test-${number}`));
  });

  test('is started out of quarantine when it is told to', async () => {
    const observed = observeLife('hello-twice');
    await startUntil(observed, 'quarantined');
    observed.life.start();
    expect(observed.life.state).toBe('starting');
    await observed.until(() => observed.life.state === 'quarantined');
  });

  test('after a minute of being ready has failed for the first time', async () => {
    const observed = observeLife('exits-at-request');
    const { clock } = observed.powers;
    observed.life.start();
    for (let failures = 0; failures < 7; failures += 1) {
      await observed.until(() => observed.life.state === 'ready');
      const before = observed.mediated.length;
      clock.advance(20_000);
      await observed.until(() => observed.mediated.length > before);
      clock.advance(39_999);
      clock.advance(1);
      observed.life.send({ event: 'permissions_changed' });
      await observed.until(() => observed.life.state === 'backoff');
      expect(clock.waits()).toEqual([1000]);
      clock.advance(1000);
    }
  });

  test('can be stopped while it waits for the next try, and then leaves nothing behind', async () => {
    const observed = observeLife('exits');
    await startUntil(observed, 'backoff');
    await observed.life.stop();
    expect([observed.life.state, observed.powers.clock.waits()]).toEqual(['stopped', []]);
  });
});

test('a spoke whose sandbox is refused is not tried again, and is not counted as many failures', () => {
  const observed = observeLife('', {
    isRefused: true,
    sandbox: () => ({
      level: 'none',
      start: () => {
        throw new AxiumError('unavailable', "it needs confinement 'strong'");
      },
    }),
  });
  observed.life.start();
  expect(observed.states).toEqual([
    ['starting', null],
    ['quarantined', "it needs confinement 'strong'"],
  ]);
  expect(observed.powers.clock.waits()).toEqual([]);
});

describe('the heartbeat', () => {
  test('ends a spoke in a loop two beats after it fell silent, and the reason says so', async () => {
    const observed = observeLife('ignores-shutdown');
    await startUntil(observed, 'ready');
    const pid = observed.life.status().pid ?? 0;
    const { clock } = observed.powers;
    clock.advance(20_000);
    expect(observed.life.state).toBe('ready');
    clock.advance(19_999);
    expect(observed.life.state).toBe('ready');
    clock.advance(1);
    expect(observed.life.status()).toMatchObject({
      state: 'failing',
      reason: 'it was stuck: it said nothing for 20 s',
    });
    await observed.until(() => observed.life.state === 'backoff');
    await gone(pid);
  });

  test('is answered by a spoke that is there, which goes on', async () => {
    const observed = observeLife('answers-heartbeat');
    await startUntil(observed, 'ready');
    for (let beat = 1; beat <= 5; beat += 1) {
      observed.powers.clock.advance(20_000);
      await observed.until(() => observed.mediated.length === beat);
      // What it has said counts for the next one.
      observed.powers.clock.advance(20_000);
    }
    expect(observed.life.state).toBe('ready');
  });

  test('is not sent to a spoke that talks by itself', async () => {
    const observed = observeLife('talks');
    await startUntil(observed, 'ready');
    for (let beat = 1; beat <= 5; beat += 1) {
      observed.life.send({ event: 'permissions_changed' });
      await observed.until(() => observed.mediated.length === beat);
      observed.powers.clock.advance(20_000);
    }
    const said = observed.mediated.map(({ message }) => message.body.title);
    expect(said).toEqual(Array.from({ length: 5 }, () => 'permissions_changed'));
  });

  test('does not blame a spoke for what the daemon has not read', async () => {
    let isPaused = () => false;
    const observed = observeLife('asks-much', {
      mediate: () => new Promise(() => {}),
      sandbox: (powers) => {
        const { level, start } = fixtureSandbox(powers, 'asks-much');
        return {
          level,
          start: (program) => {
            const process = start(program);
            isPaused = () => process.channel.isPaused();
            return process;
          },
        };
      },
    });
    await startUntil(observed, 'ready');
    await until(() => isPaused() && observed.mediated.length === 64);
    for (let beat = 1; beat <= 5; beat += 1) observed.powers.clock.advance(20_000);
    expect(observed.life.state).toBe('ready');
  });
});

describe('a spoke whose code is looked at before each process', () => {
  const CHANGED = 'expected the code that policy.yaml:1:10 names by its hash';

  test('runs where there is no objection, and not again once there is one', async () => {
    const found: (string | null)[] = [null, CHANGED];
    const observed = observeLife('exits-when-ready', { objection: async () => found.shift() ?? null });
    await startUntil(observed, 'backoff');
    observed.powers.clock.advance(1_000);
    await observed.until(() => observed.life.state === 'quarantined');
    expect(observed.states.map(([state]) => state)).toEqual([
      'starting',
      'ready',
      'backoff',
      'starting',
      'quarantined',
    ]);
    expect(observed.life.status()).toMatchObject({ reason: CHANGED, pid: null });
    expect(observed.powers.clock.waits()).toEqual([]);
  });

  test('and that is stopped, or takes too long, meanwhile never has a process', async () => {
    const starts: string[] = [];
    const looks: ((objection: null) => void)[] = [];
    const observed = observeLife('well-behaved', {
      objection: () => new Promise((resolve) => looks.push(resolve)),
      sandbox: () => ({
        level: 'none',
        start: ({ directory }) => {
          starts.push(directory);
          throw new Error('it was started');
        },
      }),
    });
    observed.life.start();
    const stopped = observed.life.stop();
    looks.shift()?.(null);
    await stopped;
    observed.life.start();
    observed.powers.clock.advance(10_000);
    expect(observed.life.state).toBe('failing');
    looks.shift()?.(null);
    await observed.until(() => observed.life.state === 'backoff');
    expect(starts).toEqual([]);
  });

  test('is not started where the look itself fails', async () => {
    const observed = observeLife('well-behaved', { objection: () => Promise.reject(new Error('EIO')) });
    await startUntil(observed, 'quarantined');
    expect(observed.life.reason).toBe('it cannot be told whether it may run: Error: EIO');
  });
});
