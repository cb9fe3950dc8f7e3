import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { startLean } from '../core/lean-start.ts';

/** The flags of a start, and those that end it. */
function flagsSet(
  node: string,
  ...flags: readonly string[]
): readonly [readonly string[], readonly string[]] {
  const set: string[] = [];
  const end = startLean((flag) => set.push(flag), { node, flags });
  const start = set.splice(0);
  end();
  return [start, set];
}

it('a start is not compiled, and what is young does not grow in it', () => {
  expect(flagsSet('20.19.0')).toEqual([
    ['--semi-space-growth-factor=1', '--no-sparkplug', '--no-opt'],
    ['--semi-space-growth-factor=2', '--sparkplug', '--opt'],
  ]);
});

it('a compiler that Node had turned off is not turned on after the start', () => {
  expect(flagsSet('22.23.3')[1]).not.toContain('--maglev');
  expect(flagsSet('24.0.0')[0]).toContain('--no-maglev');
  expect(flagsSet('24.0.0')[1]).toContain('--maglev');
});

it.each(['--jitless', '--no-opt', '--max-old-space-size=99 --jitless', '--no_turbofan', '--no-sparkplug'])(
  'what compiles is left as %s has it',
  (flag) => {
    expect(flagsSet('24.0.0', flag)).toEqual([
      ['--semi-space-growth-factor=1'],
      ['--semi-space-growth-factor=2'],
    ]);
  },
);

it('V8 compiles nothing in the start, however often it runs, and what is hot after it', async () => {
  const [start, end] = flagsSet(process.versions.node);
  const lines = [
    "import { setFlagsFromString } from 'node:v8';",
    'const OPTIMIZED = 1 << 4;',
    'const add = (to) => { let sum = 0; for (let at = 0; at < to; at += 1) sum += at; return sum; };',
    'const isOptimized = () => {',
    '  for (let times = 0; times < 2000; times += 1)',
    '    if (add(2000) > 0 && (%GetOptimizationStatus(add) & OPTIMIZED) !== 0) return true;',
    '  return false;',
    '};',
    `${JSON.stringify(start)}.forEach((flag) => setFlagsFromString(flag));`,
    'const during = isOptimized();',
    `${JSON.stringify(end)}.forEach((flag) => setFlagsFromString(flag));`,
    'console.log(JSON.stringify({ during, after: isOptimized() }));',
  ];
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...['--allow-natives-syntax', '--no-concurrent-recompilation', '--input-type=module'],
    ...['--eval', lines.join('\n')],
  ]);
  expect(JSON.parse(stdout)).toEqual({ during: false, after: true });
});
