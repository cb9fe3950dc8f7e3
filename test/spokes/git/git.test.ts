import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
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

describe('a repository that somebody else has prepared', () => {
  /** What the spoke says of a repository, asking git itself, and whether a program of the repository's ran. */
  async function lookAt(repository: string, marker: string) {
    const run = ([, ...words]: readonly string[]) => {
      const env = { PATH: process.env.PATH, HOME: repository, GIT_CONFIG_NOSYSTEM: '1' };
      const { status, stdout, stderr } = spawnSync('git', words, { env, encoding: 'utf8' });
      return { code: status, stdout, stderr };
    };
    const spoke = new SpokeProcess({
      module: bundledModule('git'),
      answer: smallDaemon('git', { run, config: { repositories: [repository] } }),
    });
    await spoke.line('ready');
    await spoke.line('hud_segment_value');
    spoke.send({ event: 'command', call: 1, command: 'show', args: [] });
    const { stdout } = await spoke.line('command_done');
    return { says: String(stdout).replaceAll(repository, '.'), ran: existsSync(marker) };
  }

  /** With one file, which looks as if it had been changed without becoming another size. */
  function makeRepository(): string {
    const repository = makeTemporaryDirectory();
    git(repository, 'init', '--quiet');
    writeFileSync(`${repository}/one`, '1');
    git(repository, 'add', '.');
    git(repository, 'commit', '--quiet', '--message', 'one');
    return repository;
  }
  const touchOne = (repository: string) => {
    writeFileSync(`${repository}/one`, '2');
    utimesSync(`${repository}/one`, 1, 1);
  };

  test.each(['clean', 'process'])('runs nothing by a filter (%s)', async (kind) => {
    const repository = makeRepository();
    const marker = `${makeTemporaryDirectory()}/ran`;
    writeFileSync(`${repository}/.git/info/attributes`, '* filter=odd.one\n');
    git(repository, 'config', `filter.odd.one.${kind}`, `touch ${marker}; cat`);
    touchOne(repository);
    expect(await lookAt(repository, marker)).toEqual({
      says: `.  its own settings have programs run (filter.odd.one.${kind}); where you trust it, give them to git config --global\n`,
      ran: false,
    });
  });

  test('runs nothing to fetch what it lacks', async () => {
    const repository = makeRepository();
    const marker = `${makeTemporaryDirectory()}/ran`;
    const tree = git(repository, 'rev-parse', 'HEAD^{tree}').trim();
    rmSync(`${repository}/.git/objects/${tree.slice(0, 2)}/${tree.slice(2)}`);
    const settings = {
      'core.repositoryformatversion': '1',
      'extensions.partialclone': 'origin',
      'remote.origin.promisor': 'true',
      'remote.origin.url': repository,
      'remote.origin.uploadpack': `touch ${marker}; git-upload-pack`,
    };
    for (const [name, value] of Object.entries(settings)) git(repository, 'config', name, value);
    const { says, ran } = await lookAt(repository, marker);
    expect(says).toContain('its own settings have programs run');
    expect(ran).toBe(false);
  });

  test('runs nothing by the settings of its submodules, and what is set for all repositories is no hindrance', async () => {
    const repository = makeRepository();
    const inner = makeRepository();
    const marker = `${makeTemporaryDirectory()}/ran`;
    git(repository, '-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', inner, 'inner');
    git(repository, 'commit', '--quiet', '--message', 'inner');
    writeFileSync(`${repository}/.git/modules/inner/info/attributes`, '* filter=odd\n');
    git(`${repository}/inner`, 'config', 'filter.odd.clean', `touch ${marker}; cat`);
    touchOne(`${repository}/inner`);
    writeFileSync(`${repository}/.gitconfig`, '[filter "lfs"]\n\tclean = cat\n');
    writeFileSync(`${repository}/.git/info/exclude`, '.gitconfig\n');
    expect(await lookAt(repository, marker)).toEqual({ says: '.  clean\n', ran: false });
  });
});

test('git looks at each repository by the commands that its spoke.yaml declares, and shows what it found', async () => {
  const run = (argv: readonly string[]) =>
    argv.includes('/broken')
      ? { code: 128, stdout: '', stderr: 'fatal: not a git repository\n' }
      : { code: 0, stdout: argv.includes('status') ? '# branch.ab +0 -2\n? new\n' : 'local\tcore.bare\n' };
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
