import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { repositoriesIn } from '../../../spokes/git/main.mjs';
import { lineOf, parseStatus, segmentOf } from '../../../spokes/git/status.mjs';
import { makeTemporaryDirectory } from '../../support/temporary-directory.ts';
import { bundledModule, smallDaemon } from '../support/small-daemon.ts';
import { SpokeProcess } from '../support/spoke-process.ts';

/** What git itself prints of a repository of the test's own. */
function git(directory: string, ...words: readonly string[]): string {
  const settings = [
    '-c',
    'user.name=Ada',
    '-c',
    'user.email=ada@example.invalid',
    '-c',
    'init.defaultBranch=main',
  ];
  return execFileSync('git', [...settings, '-C', directory, ...words], {
    env: { PATH: process.env.PATH, HOME: directory, GIT_CONFIG_NOSYSTEM: '1' },
    encoding: 'utf8',
  });
}

describe('how a repository stands', () => {
  test('is read from what git prints', () => {
    const upstream = makeTemporaryDirectory();
    git(upstream, 'init', '--quiet');
    writeFileSync(`${upstream}/one`, '1');
    git(upstream, 'add', '.');
    git(upstream, 'commit', '--quiet', '--message', 'one');
    const own = `${makeTemporaryDirectory()}/own`;
    git(upstream, 'clone', '--quiet', upstream, own);
    git(upstream, 'commit', '--quiet', '--allow-empty', '--message', 'two');
    git(own, 'fetch', '--quiet');
    writeFileSync(`${own}/one`, '2');
    writeFileSync(`${own}/new file`, '');
    const text = git(own, 'status', '--porcelain=v2', '--branch');
    expect(parseStatus(own, text)).toEqual({ path: own, changes: 2, ahead: 0, behind: 1, problem: null });
    expect(parseStatus(upstream, git(upstream, 'status', '--porcelain=v2', '--branch'))).toEqual({
      ...{ path: upstream, changes: 0, ahead: 0, behind: 0, problem: null },
    });
  });

  test('is a segment that counts, and a line each', () => {
    const clean = parseStatus('/a', '');
    const dirty = { ...clean, path: '/b', changes: 2, behind: 3 };
    expect(segmentOf([clean])).toBe('');
    expect(segmentOf([clean, dirty, { ...clean, changes: 1 }])).toBe('[git:2 dirty 1 behind]');
    expect([clean, dirty].map(lineOf)).toEqual(['/a  clean', '/b  2 changed, 3 behind']);
  });
});

test.each([
  [['/a', '--exec-path=/tmp', 'relative', 7], ['/a']],
  ['/a', []],
  [null, []],
  [
    Array.from({ length: 60 }, (_, count) => `/${count}`),
    Array.from({ length: 50 }, (_, count) => `/${count}`),
  ],
])('of a configuration only absolute paths count, at most 50: %j', (value, paths) => {
  expect(repositoriesIn(value)).toEqual(paths);
});

test('git looks at each repository by the one command that its spoke.yaml declares, and shows what it found', async () => {
  const run = (argv: readonly string[]) =>
    argv.includes('/broken')
      ? { code: 128, stdout: '', stderr: 'fatal: not a git repository\n' }
      : { code: 0, stdout: '# branch.ab +0 -2\n? new\n' };
  const spoke = new SpokeProcess({
    module: bundledModule('git'),
    answer: smallDaemon('git', { run, config: { repositories: ['/src/app', '/broken'] } }),
  });
  await spoke.line('ready');
  expect(await spoke.line('hud_segment_value')).toMatchObject({ value: '[git:1 dirty 1 behind]' });
  spoke.send({ event: 'command', call: 1, command: 'show', args: [] });
  expect(await spoke.line('command_done')).toMatchObject({
    code: 1,
    stdout: '/src/app  1 changed, 2 behind\n/broken  fatal: not a git repository\n',
  });
});
