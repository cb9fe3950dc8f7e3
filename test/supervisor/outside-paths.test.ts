import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { outsidePaths } from '../../core/supervisor/outside-paths.ts';
import { fixtureSandbox, makeSpoke, observeLife, startUntil } from './support/observed-life.ts';

const PROGRAM = { directory: '/home/ada/spokes/a+b', module: 'lib/main.mjs' };

test.each([
  ['/spoke/lib/main.mjs:3:1: Error: no', '/home/ada/spokes/a+b/lib/main.mjs:3:1: Error: no'],
  ['at f (/spoke/lib/a.mjs:1:2)', 'at f (/home/ada/spokes/a+b/lib/a.mjs:1:2)'],
  ["from '/spoke/x.mjs' and /spoke/y", "from '/home/ada/spokes/a+b/x.mjs' and /home/ada/spokes/a+b/y"],
  ['at file:///spoke/x.mjs\n/spoke/y', 'at file:///home/ada/spokes/a+b/x.mjs\n/home/ada/spokes/a+b/y'],
])('a path of the spoke is told as it is outside: %j', (inside, outside) => {
  expect(outsidePaths('file:///spoke/lib/main.mjs', PROGRAM)?.(inside)).toBe(outside);
});

test.each(['/home/eve/spoke/x', '/spokes/x', '/spoke', 'a/spoke/x', '/spoke.d/x', './spoke/x'])(
  'what only looks like one stays: %s',
  (text) => {
    expect(outsidePaths('file:///spoke/lib/main.mjs', PROGRAM)?.(text)).toBe(text);
  },
);

test('a name that means something in a pattern or a replacement is taken as it is', () => {
  const program = { directory: '/home/$&/a', module: 'main.mjs' };
  expect(outsidePaths('file:///s.o+e/main.mjs', program)?.('/s.o+e/x /stose/x')).toBe(
    '/home/$&/a/x /stose/x',
  );
});

test('a process that sees its files where they lie has nothing rewritten', () => {
  expect(outsidePaths('file:///home/ada/spokes/a+b/lib/main.mjs', PROGRAM)).toBeNull();
});

test('a failure names the file as its user knows it, in the reason and in the log', async () => {
  const spoke = makeSpoke();
  const observed = observeLife('fails-inside', {
    spoke,
    sandbox: (powers) => {
      const { level, start } = fixtureSandbox(powers, 'fails-inside');
      return { level, start: (program) => ({ ...start(program), moduleUrl: 'file:///spoke/main.mjs' }) };
    },
  });
  await startUntil(observed, 'backoff');
  const reason = `${spoke.directory}/main.mjs:3:1: Error: no`;
  expect(observed.states.at(-1)).toEqual(['backoff', reason]);
  const log = readFileSync(observed.logFile);
  expect(log.toString()).toContain(`[axium] ${reason}\n`);
  expect(log.toString()).toContain(`printed at ${spoke.directory}/main.mjs:3 ünd `);
  // What is no text is kept as it came.
  expect(log.includes(Buffer.from([0xff, 0xfe, 0x0a]))).toBe(true);
});
