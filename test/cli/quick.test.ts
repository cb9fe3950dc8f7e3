import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { axium, makeWorld, PACKAGE } from './support/cli.ts';
import { answerControl } from './support/control-server.ts';

type World = Awaited<ReturnType<typeof makeWorld>>;

/** Runs what the package calls `axium`, as the axium() of the other tests runs the program behind it. */
async function entry({ env, home }: World, ...words: readonly string[]) {
  const { bin } = JSON.parse(await readFile(`${PACKAGE}/package.json`, 'utf8')) as { bin: { axium: string } };
  const coverage = `${home}/coverage-${words.join('')}`;
  await mkdir(coverage);
  const child = spawn(process.execPath, [`${PACKAGE}/${bin.axium}`, ...words], {
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

test.each([['hud'], ['--version'], ['-V'], ['version']])(
  '%s is answered from one file, and as the whole program answers it',
  async (word) => {
    const world = await makeWorld();
    await answerControl(world, SEGMENTS);
    const { said, files } = await entry(world, word);
    expect(files).toBe(1);
    const { code, stdout, stderr } = await axium(world, word);
    expect(said).toEqual({ code, stdout, stderr });
    expect(code).toBe(0);
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
  const { code, stdout, stderr } = await axium(world, ...words);
  expect((await entry(world, ...words)).said).toEqual({ code, stdout, stderr });
});
