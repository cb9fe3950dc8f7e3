import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Tick } from '../core/tick.ts';

/** Turns of the event loop that the test makes. */
function makeTick() {
  const due: (() => void)[] = [];
  const tick = new Tick({
    atEndOfTurn: (call) => due.push(call),
    onceDrained: (call) => queueMicrotask(() => process.nextTick(call)),
  });
  return { tick, due };
}

/** One that goes on `steps` times without waiting for anything outside. */
async function goOn(steps: number): Promise<void> {
  for (let step = 0; step < steps; step += 1) await null;
}

test('what a turn has taken on comes as far as it can before what was asked for at its end, all in that turn', async () => {
  const { tick, due } = makeTick();
  const order: string[] = [];
  tick.turn(() => {
    for (const who of ['a', 'b']) {
      void goOn(who === 'a' ? 1 : 20).then(() => {
        order.push(`decided ${who}`);
        tick.end(() => {
          order.push(`recorded ${who}`);
          void goOn(5).then(() => {
            order.push(`performed ${who}`);
            tick.end(() => order.push(`answered ${who}`));
          });
        });
      });
    }
  });
  expect(due).toHaveLength(1);
  due.shift()?.();
  await setImmediate();
  expect(due).toHaveLength(0);
  expect(order).toEqual(
    ['decided', 'recorded', 'performed', 'answered'].flatMap((step) => [`${step} a`, `${step} b`]),
  );
});

test('what is asked for at any other time waits for the end of the turn', async () => {
  const { tick, due } = makeTick();
  const order: string[] = [];
  tick.end(() => order.push('before'));
  expect([order, due.length]).toEqual([[], 1]);
  tick.turn(() => {});
  for (const call of due.splice(0)) call();
  await setImmediate();
  tick.end(() => order.push('after'));
  expect([order, due.length]).toEqual([['before'], 1]);
});

test('a turn that fails ends all the same', async () => {
  const { tick, due } = makeTick();
  tick.turn(() => {
    throw new Error('a defect');
  });
  expect(due.shift()).toThrow('a defect');
  await setImmediate();
  tick.end(() => {});
  expect(due).toHaveLength(1);
});
