import { mkdir, readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { axium, makeWorld, PACKAGE } from './support/cli.ts';
import { answerControl } from './support/control-server.ts';

/**
 * Runs a command and returns the sources that it loaded: what the files are made of which the engine lists in its own
 * coverage report.
 */
async function sourcesLoadedBy(...words: readonly string[]): Promise<readonly string[]> {
  const world = await makeWorld();
  const coverage = `${world.home}/coverage`;
  await mkdir(coverage);
  await answerControl(world, { ping: { pid: 1, version: '0', strict: false, service: false } });
  const { code } = await axium({ ...world, env: { ...world.env, NODE_V8_COVERAGE: coverage } }, ...words);
  expect(code).toBe(0);
  const [report = ''] = await readdir(coverage);
  const { result } = JSON.parse(await readFile(`${coverage}/${report}`, 'utf8')) as {
    result: readonly { readonly url: string }[];
  };
  const files = result.map(({ url }) => url).filter((url) => url.startsWith('file:'));
  expect(files.filter((url) => !url.startsWith(`file://${PACKAGE}/dist/cli/`))).toEqual([]);
  const texts = await Promise.all(files.map((url) => readFile(fileURLToPath(url), 'utf8')));
  return texts.flatMap((text) =>
    [...text.matchAll(/^\/\/ ((?:build|node_modules)\/\S+)$/gm)].map(([, source = '']) => source),
  );
}

const commandsIn = (sources: readonly string[]) =>
  sources.filter((source) => source.startsWith('build/cli/commands/'));
const packagesIn = (sources: readonly string[]) => [
  ...new Set(sources.flatMap((source) => /node_modules\/([^/]+)/.exec(source)?.[1] ?? [])),
];

/** It is in the file that is loaded always. */
const VERSION = 'build/cli/commands/version.js';

test.each([['version'], ['--version']])(
  '%s loads no package, and no parser of the command line',
  async (word) => {
    const loaded = await sourcesLoadedBy(word);
    expect(loaded).toContain(VERSION);
    expect(packagesIn(loaded)).toEqual([]);
    expect(loaded).not.toContain('build/cli/program.js');
  },
);

test('a command that asks the daemon loads no other command, no package, and nothing of the core', async () => {
  const loaded = await sourcesLoadedBy('ping');
  expect(commandsIn(loaded).sort()).toEqual(['build/cli/commands/ping.js', VERSION]);
  expect(packagesIn(loaded)).toEqual([]);
  expect(loaded.filter((source) => /^build\/(?:core|spokes)/.test(source))).toEqual([]);
});

test('audit tail loads no package', async () => {
  expect(packagesIn(await sourcesLoadedBy('audit', 'tail'))).toEqual([]);
});

test('help loads the parser, and no further command', async () => {
  const loaded = await sourcesLoadedBy('--help');
  expect(packagesIn(loaded)).toEqual(['commander']);
  expect(loaded).toContain('build/cli/commands.js');
  expect(commandsIn(loaded)).toEqual([VERSION]);
});
