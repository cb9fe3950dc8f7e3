import { expect, test } from 'vitest';
import { EventTable } from '../../../spokes/runtime/event-table.mts';

test('every handler hears its event until it is taken away, and one given twice hears it twice', async () => {
  const table = new EventTable(() => {});
  const heard: string[] = [];
  const twice = () => void heard.push('twice');
  table.on('permissions_changed', () => void heard.push('once'));
  const stop = table.on('permissions_changed', twice);
  table.on('permissions_changed', twice);
  await table.deliver('permissions_changed');
  expect(heard).toEqual(['once', 'twice', 'twice']);
  stop();
  stop();
  await table.deliver('permissions_changed');
  await table.deliver('shutdown');
  expect(heard.slice(3)).toEqual(['once', 'twice']);
});

test('a handler that throws or rejects is reported with its event, and the others are called', async () => {
  const reported: unknown[] = [];
  const table = new EventTable((event, error) => reported.push([event, error]));
  const heard: string[] = [];
  table.on('shutdown', () => {
    throw 'thrown';
  });
  table.on('shutdown', () => Promise.reject('rejected'));
  table.on('shutdown', () => void heard.push('the last'));
  await table.deliver('shutdown');
  expect(reported).toEqual([
    ['shutdown', 'thrown'],
    ['shutdown', 'rejected'],
  ]);
  expect(heard).toEqual(['the last']);
});

test.each([['shutdwon'], ['toString'], ['__proto__']])(
  '%s is no event, and the error names those there are',
  (name) => {
    const table = new EventTable(() => {});
    expect(() => table.on(name as 'shutdown', () => {})).toThrow(
      new TypeError(
        `events.on: expected 'permissions_changed', 'config_changed', 'env_change', 'spoke_loaded', 'due' or 'shutdown', found '${name}'`,
      ),
    );
  },
);

test('a handler that is no function is refused when it is given, not when it is called', () => {
  const table = new EventTable(() => {});
  expect(() => table.on('shutdown', 'bye' as never)).toThrow(
    new TypeError("events.on('shutdown'): expected a function, found string"),
  );
});
