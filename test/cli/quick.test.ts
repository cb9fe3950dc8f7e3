import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { makeWorld, PACKAGE } from './support/cli.ts';
import { answerControl } from './support/control-server.ts';

type World = Awaited<ReturnType<typeof makeWorld>>;

/** Runs what the package calls `axium`. */
async function entry(world: World, ...words: readonly string[]) {
  const { bin } = JSON.parse(await readFile(`${PACKAGE}/package.json`, 'utf8')) as { bin: { axium: string } };
  return run(world, [`${PACKAGE}/${bin.axium}`, ...words]);
}

/** Runs the program behind it, which has every command. */
async function whole(world: World, ...words: readonly string[]) {
  const main = JSON.stringify(`${PACKAGE}/dist/cli/main.cjs`);
  const code = `require(${main}).main(process.argv.slice(1)).then((code) => { process.exitCode = code; });`;
  return (await run(world, ['-e', code, '--', ...words])).said;
}

async function run({ env, home }: World, words: readonly string[]) {
  const coverage = `${home}/coverage-${randomUUID()}`;
  await mkdir(coverage);
  const child = spawn(process.execPath, words, {
    env: { ...env, NODE_V8_COVERAGE: coverage },
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (text) => {
    stdout += text;
  });
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  const [code] = (await once(child, 'close')) as [number];
  const [report = ''] = await readdir(coverage);
  const { result } = JSON.parse(await readFile(`${coverage}/${report}`, 'utf8')) as {
    result: readonly { readonly url: string }[];
  };
  const files = result.filter(({ url }) => url.startsWith('file:')).length;
  return { said: { code, stdout, stderr }, files };
}

const SEGMENTS = { hud: { segments: [{ spoke: 'a', value: 'one\u001b[31m' }] } };

test.each([
  ['hud', 2],
  ['--version', 1],
  ['-V', 1],
  ['version', 1],
] as const)(
  '%s is answered from few files, %i in all, and as the whole program answers it',
  async (word, count) => {
    const world = await makeWorld();
    await answerControl(world, SEGMENTS);
    const { said, files } = await entry(world, word);
    expect(files).toBe(count);
    expect(said).toEqual(await whole(world, word));
    expect(said.code).toBe(0);
  },
);

test.each([
  [['hud']],
  [['hud', '--json']],
  [['hud', 'more']],
  [['status']],
  [['nosuch']],
  [[]],
  [['--help']],
])('%j without a daemon says and returns what the whole program does', async (words) => {
  const world = await makeWorld();
  expect((await entry(world, ...words)).said).toEqual(await whole(world, ...words));
});
