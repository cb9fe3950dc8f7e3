import { expect, test } from 'vitest';
import { AxiumError } from '../../core/errors.ts';
import type { Response } from '../../schemas/wire.ts';
import {
  fixtureSandbox,
  type LifeInput,
  makeSpoke,
  type ObservedLife,
  observeLife,
} from './support/observed-life.ts';

const SHOW = { why: 'command', trigger: 'show' } as const;
const CHANGED = { why: 'event', trigger: 'config_changed' } as const;

function observe(fixture: string, input: LifeInput = {}): ObservedLife {
  const spoke = makeSpoke();
  const manifest = { ...spoke.manifest, activation: 'on-demand' as const, idle: 4000 };
  const observed = observeLife(fixture, { spoke: { ...spoke, manifest }, ...input });
  observed.life.standBy();
  return observed;
}

const reached = (observed: ObservedLife, state: string, times = 1) =>
  observed.until(() => observed.states.filter(([to]) => to === state).length === times);

async function start(observed: ObservedLife): Promise<void> {
  observed.life.wake(SHOW);
  await reached(observed, 'ready');
}

test('nothing is started before it is asked for', async () => {
  const observed = observe('rests');
  expect([observed.states, observed.instances, observed.powers.clock.waits()]).toEqual([
    [['idle', null]],
    [],
    [],
  ]);
  await start(observed);
  expect(observed.instances).toHaveLength(1);
});

test('it is ended once it had nothing to do for as long as its manifest says, whatever its exit code, and costs nothing then', async () => {
  const observed = observe('rests');
  await start(observed);
  observed.powers.clock.advance(3999);
  expect(observed.life.state).toBe('ready');
  observed.powers.clock.advance(1);
  await reached(observed, 'idle', 2);
  expect(observed.states.slice(3)).toEqual([
    ['retiring', 'it had nothing to do for 4 s'],
    ['idle', null],
  ]);
  expect([observed.life.status().pid, observed.powers.clock.waits()]).toEqual([null, []]);
});

test('what it is told counts, and so does a request, from the moment at which that was answered', async () => {
  let answer: (response: Response) => void = () => {};
  const observed = observe('rests', {
    mediate: () =>
      new Promise((resolve) => {
        answer = resolve;
      }),
  });
  const { clock } = observed.powers;
  await start(observed);
  clock.advance(2000);
  observed.life.send({ event: 'permissions_changed' });
  clock.advance(2000);
  await observed.until(() => observed.mediated.length === 1);
  clock.advance(4000);
  expect(observed.life.state).toBe('ready');
  answer({ id: 5, ok: true });
  await new Promise((resolve) => setImmediate(resolve));
  clock.advance(3999);
  expect(observed.life.state).toBe('ready');
  clock.advance(1);
  expect(observed.life.state).toBe('retiring');
});

test('what only others know to be under way keeps it', async () => {
  let isOccupied = true;
  const observed = observe('rests', { isOccupied: () => isOccupied });
  await start(observed);
  observed.powers.clock.advance(12_000);
  expect(observed.life.state).toBe('ready');
  isOccupied = false;
  observed.powers.clock.advance(4000);
  expect(observed.life.state).toBe('retiring');
});

test('one that does not want to end is killed, and is idle all the same', async () => {
  const observed = observe('ignores-shutdown');
  await start(observed);
  observed.powers.clock.advance(4000);
  expect(observed.powers.clock.waits()).toEqual([2000]);
  observed.powers.clock.advance(2000);
  await reached(observed, 'idle', 2);
});

test('what asks for it while it is ending starts it again once its process is gone, or was killed', async () => {
  for (const fixture of ['rests', 'ignores-shutdown']) {
    const observed = observe(fixture);
    await start(observed);
    observed.powers.clock.advance(4000);
    observed.life.wake(SHOW);
    expect([observed.life.state, observed.instances.length]).toEqual(['recalled', 1]);
    observed.powers.clock.advance(2000);
    await reached(observed, 'ready', 2);
    expect(observed.instances).toHaveLength(2);
  }
});

test('what it causes itself as it ends starts it again at once only the first time, and then later and later', async () => {
  const observed = observe('rests');
  const { clock } = observed.powers;
  await start(observed);
  clock.advance(4000);
  observed.life.wake(CHANGED);
  expect(observed.life.state).toBe('recalled');
  await reached(observed, 'ready', 2);
  for (const [round, wait] of [1000, 2000, 4000].entries()) {
    clock.advance(4000);
    // Once as it ends, once more when it has.
    observed.life.wake(CHANGED);
    await reached(observed, 'idle', 2 + round);
    observed.life.wake(CHANGED);
    expect(clock.waits()).toEqual([wait]);
    clock.advance(wait);
    await reached(observed, 'ready', 3 + round);
  }
});

/** Wakes it twice as it ends, so that it waits the second time. */
async function putOff(observed: ObservedLife): Promise<void> {
  await start(observed);
  observed.powers.clock.advance(4000);
  observed.life.wake(CHANGED);
  await reached(observed, 'ready', 2);
  observed.powers.clock.advance(4000);
  observed.life.wake(CHANGED);
  await reached(observed, 'idle', 2);
  expect(observed.powers.clock.waits()).toEqual([1000]);
}

test.each([SHOW, { why: 'timer', trigger: 'every' } as const])(
  'a $why is not put off by what it causes itself',
  async (cause) => {
    const observed = observe('rests');
    await putOff(observed);
    observed.life.wake(cause);
    await reached(observed, 'ready', 3);
  },
);

test('what comes when it has rested for a while is not put off', async () => {
  const observed = observe('rests');
  await putOff(observed);
  observed.life.wake(SHOW);
  await reached(observed, 'ready', 3);
  observed.powers.clock.advance(4000);
  await reached(observed, 'idle', 3);
  observed.powers.clock.advance(1000);
  observed.life.wake(CHANGED);
  expect(observed.life.state).toBe('starting');
});

test('to be stopped while it waits to be started again is to be stopped', async () => {
  const observed = observe('rests');
  await putOff(observed);
  await observed.life.stop();
  expect([observed.life.state, observed.powers.clock.waits()]).toEqual(['stopped', []]);
});

test('to be stopped while it is ending is to be stopped', async () => {
  const observed = observe('ignores-shutdown');
  await start(observed);
  observed.powers.clock.advance(4000);
  const stopped = observed.life.stop();
  observed.powers.clock.advance(2000);
  await stopped;
  observed.life.wake(SHOW);
  expect(observed.life.state).toBe('stopped');
});

test('what failed before it did its work is forgotten', async () => {
  let fails = 4;
  const observed = observe('', {
    sandbox: (powers) => {
      const real = fixtureSandbox(powers, 'rests');
      return {
        ...real,
        start: (input) => {
          fails -= 1;
          if (fails >= 0) throw new AxiumError('unavailable', 'EAGAIN');
          return real.start(input);
        },
      };
    },
  });
  const { clock } = observed.powers;
  observed.life.wake(SHOW);
  for (const wait of [1000, 2000, 4000, 8000]) clock.advance(wait);
  await reached(observed, 'ready');
  clock.advance(4000);
  await reached(observed, 'idle', 2);
  fails = 1;
  observed.life.wake(SHOW);
  expect(observed.states.at(-1)).toEqual(['backoff', 'EAGAIN']);
});

test('one that may not be started as it is confined here is told of at once', () => {
  const observed = observe('', {
    isRefused: true,
    sandbox: () => ({
      level: 'none',
      start: () => {
        throw new AxiumError('unavailable', 'below what is required');
      },
    }),
  });
  expect(observed.states.at(-1)).toEqual(['quarantined', 'below what is required']);
});
