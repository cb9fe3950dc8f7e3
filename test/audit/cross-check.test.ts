import { describe, expect, test } from 'vitest';
import { hashLines } from '../../core/audit/chain.ts';
import { crossCheck } from '../../core/audit/cross-check.ts';

const argv = ['/usr/bin/true', 'x'];
const done = { type: 'privileged', request: 'r-1', uid: 1000, effect: 'allow', argv };
const allowed = {
  type: 'decision',
  action: 'privileged',
  effect: 'allow',
  request: 'r-1',
  target: JSON.stringify(argv),
};

async function* lines(records: readonly object[]) {
  for (const [index, record] of records.entries())
    yield { file: '', number: index + 1, text: JSON.stringify(record) };
}

const executor = [
  { seq: 1, prev: '0'.repeat(64), type: 'event' },
  { seq: 2, prev: '1'.repeat(64), ...done },
];
const told = (record: object, hash = hashLines(JSON.stringify(record))) => ({
  type: 'event',
  event: 'privileged_done',
  detail: { request: 'r-1', via: 'executor', record: { seq: 2, hash } },
});

const check = (daemon: readonly object[], records: readonly object[] = executor, begins = {}) =>
  crossCheck({
    daemon: lines(daemon),
    executor: lines(records),
    uid: 1000,
    daemonBegins: 0,
    executorBegins: 0,
    ...begins,
  });

test('two chains that tell the same explain each other', async () => {
  expect(await check([allowed, told(executor[1] ?? {})])).toEqual({ actions: 1, explained: 1, problems: [] });
});

test('what the daemon was told is the hash of the write, where an event came with the record', async () => {
  const records = [
    { v: 2, seq: 1, prev: '0'.repeat(64), type: 'event' },
    { v: 2, seq: 2, ...done },
  ];
  const written = told({}, hashLines(records.map((record) => JSON.stringify(record)).join('\n')));
  expect((await check([allowed, written], records)).problems).toEqual([]);
  const changed = [{ ...records[0], event: 'x' }, records[1] ?? {}];
  expect((await check([allowed, written], changed)).problems).toEqual([
    expect.stringContaining('is not the one'),
  ]);
});

describe('it is seen that', () => {
  test.each<[string, readonly object[], readonly object[], string]>([
    ['the executor did what the daemon never allowed', [], executor, 'has no allowed request r-1'],
    ['the daemon denied it', [{ ...allowed, effect: 'deny' }], executor, 'has no allowed request r-1'],
    [
      'it was another action for the daemon',
      [{ ...allowed, action: 'exec' }],
      executor,
      'has no allowed request',
    ],
    ['it ran in other words', [{ ...allowed, target: '["/bin/sh"]' }], executor, 'allowed other words'],
    [
      'its record is another by now',
      [allowed, told({})],
      executor,
      'is not the one that the daemon was told of',
    ],
    ...[null, 'x', { request: 'r-1' }, { request: 'r-1', record: 'x' }].map(
      (detail): [string, readonly object[], readonly object[], string] => [
        `the daemon was told what is no record: ${JSON.stringify(detail)}`,
        [allowed, { ...told({}), detail }],
        executor,
        'is not the one that the daemon was told of',
      ],
    ),
    ['its record is gone', [allowed, told(executor[1] ?? {})], [{ seq: 1, type: 'event' }], 'is not the one'],
  ])('%s', async (_what, daemon, records, problem) => {
    const { problems } = await check(daemon, records);
    expect(problems).toEqual([expect.stringContaining(problem)]);
  });
});

test('what others had done, what was refused and what retention removed are no contradictions', async () => {
  const others = [
    { seq: 2, ...done, uid: 1001 },
    { seq: 3, ...done, effect: 'deny' },
  ];
  expect(await check([], others)).toEqual({ actions: 0, explained: 0, problems: [] });
  expect((await check([], executor, { daemonBegins: 9 })).problems).toEqual([]);
  expect((await check([told(executor[1] ?? {})], [], { executorBegins: 5 })).problems).toEqual([]);
});
