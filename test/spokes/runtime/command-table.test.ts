import { expect, test } from 'vitest';
import type { CommandHandler, Reply, WireRequest } from '../../../spokes/runtime/api.mts';
import { CommandTable } from '../../../spokes/runtime/command-table.mts';

/** What the daemon is told of one call of a command with this handler. */
async function call(handler: CommandHandler, ...replies: readonly Reply[]) {
  const reported: unknown[] = [];
  const sent: WireRequest[] = [];
  const table = new CommandTable((name, error) => reported.push([name, error]));
  table.set('show', handler);
  await table.run({ event: 'command', call: 7, command: 'show', args: ['a b', '-x'] }, async (request) => {
    sent.push(request);
    return replies[sent.length - 1] ?? { ok: true };
  });
  return { sent, reported };
}

const done = (fields: object) => [
  { cmd: 'command_done', call: 7, code: 0, stdout: '', stderr: '', ...fields },
];

test.each<[string, CommandHandler, object]>([
  ['nothing is exit code 0', () => {}, {}],
  ['a number is the exit code', () => 64, { code: 64 }],
  ['a text is printed', async () => 'two\nlines', { stdout: 'two\nlines\n' }],
  [
    'what is printed meanwhile is passed on, each to its stream',
    (args, { print, warn }) => {
      print(args.join('|'));
      warn('beware\n');
    },
    { stdout: 'a b|-x\n', stderr: 'beware\n' },
  ],
])('%s', async (_claim, handler, fields) => {
  expect(await call(handler)).toEqual({ sent: done(fields), reported: [] });
});

test('a handler that throws is exit code 1 with its message, and is reported', async () => {
  const error = new Error('no network');
  expect(await call(() => Promise.reject(error))).toEqual({
    sent: done({ code: 1, stderr: 'no network\n' }),
    reported: [['show', error]],
  });
});

test.each([256, -1, 0.5, Number.NaN])('the exit code %j is none', async (code) => {
  const { sent } = await call(() => code);
  expect(sent).toMatchObject([{ code: 1, stderr: expect.stringContaining('from 0 to 255') }]);
});

test('more than can be passed on is cut, and what a line cannot hold is said instead', async () => {
  const { sent } = await call(({ length: _ }, { print }) => print('x'.repeat(200_000)));
  expect(sent).toMatchObject([{ stdout: 'x'.repeat(131_072) }]);
  const refused = await call(() => '\u0001'.repeat(200_000), {
    ok: false,
    code: 'too_large',
    error: 'too large',
  });
  expect(refused.sent).toMatchObject([
    {},
    { code: 1, stderr: 'the command printed more than can be passed on\n' },
  ]);
});
