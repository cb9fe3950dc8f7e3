import { mkdir, readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { axium, makeWorld, PACKAGE } from './support/cli.ts';
import { answerControl } from './support/control-server.ts';

/** Runs a command and returns the files that it loaded, as the engine lists them in its own coverage report. */
async function filesLoadedBy(...words: readonly string[]): Promise<readonly string[]> {
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
  return result
    .filter(({ url }) => url.startsWith('file:'))
    .map(({ url }) => fileURLToPath(url).replace(`${PACKAGE}/`, ''));
}

const ALWAYS = [
  'dist/cli/main.js',
  'dist/cli/commands.js',
  'dist/cli/people-commands.js',
  'dist/cli/program.js',
  'dist/cli/usage-problem.js',
  'dist/cli/context.js',
];

test('version loads the parser of the command line, its own file, and no other command', async () => {
  const loaded = await filesLoadedBy('version');
  const own = loaded.filter((file) => !file.startsWith('node_modules/commander/'));
  expect(new Set(own)).toEqual(
    new Set([...ALWAYS, 'dist/schemas/places.js', 'dist/cli/commands/version.js', 'dist/cli/json-text.js']),
  );
});

test('a command that asks the daemon loads neither zod nor yaml nor anything of the core', async () => {
  const loaded = await filesLoadedBy('ping');
  expect(loaded).toContain('dist/cli/client.js');
  expect(loaded.filter((file) => /node_modules\/(?!commander\/)|dist\/core|dist\/spokes/.test(file))).toEqual(
    [],
  );
});

test('help loads no command at all', async () => {
  const loaded = await filesLoadedBy('--help');
  expect(loaded).toContain('dist/cli/commands.js');
  expect(loaded.filter((file) => file.startsWith('dist/cli/commands/'))).toEqual([]);
});
