import { appendFile, rename, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { axium, makeWorld, type World } from './support/cli.ts';
import { follow } from './support/follow.ts';

const LINES = [
  '{"level":30,"time":1759854600000,"msg":"the daemon started","version":"0.1.0","pid":7,"hostname":"h"}',
  '{"level":40,"time":1759854601000,"msg":"spoke nosy failed","error":{"type":"Error","message":"no \\"x\\" here","stack":"s"},"tries":3,"deep":{"a":[1,"b c"]}}',
  '{"level":50,"time":1759854602000,"msg":"two\\nlines","why":"because of this"}',
  'a line that is no JSON',
];

async function worldWithLog(text = `${LINES.join('\n')}\n`): Promise<World & { readonly log: string }> {
  const world = await makeWorld();
  const log = `${world.axium}/state/daemon.log`;
  await writeFile(log, text);
  return { ...world, log };
}

test('daemon logs prints time, level, message and what else there is, a line each', async () => {
  expect(await axium(await worldWithLog(), 'daemon', 'logs')).toEqual({
    code: 0,
    stderr: '',
    stdout: `2025-10-07 16:30:00 info  the daemon started version=0.1.0
2025-10-07 16:30:01 warn  spoke nosy failed error="no "x" here" tries=3 deep={"a":[1,"b c"]}
2025-10-07 16:30:02 error two\\nlines why="because of this"
a line that is no JSON
`,
  });
});

test('daemon logs --json prints the lines as they are in the file', async () => {
  expect((await axium(await worldWithLog(), 'daemon', 'logs', '--json')).stdout).toBe(
    `${LINES.join('\n')}\n`,
  );
});

test.each([
  [0, 0],
  [1, 1],
  [3, 3],
  [40_000, 40_000],
  [1_000_000, 50_000],
])('daemon logs -n %d prints the last %d of 50,000 lines', async (asked, printed) => {
  const all = Array.from({ length: 50_000 }, (_, number) => `line ${number} é`);
  const world = await worldWithLog(`${all.join('\n')}\n`);
  const { stdout } = await axium(world, 'daemon', 'logs', '-n', String(asked));
  const lines = stdout.split('\n').slice(0, -1);
  expect(lines.length).toBe(printed);
  expect([lines[0], lines.at(-1)]).toEqual(
    [all.slice(-printed || all.length)[0], all.at(-1)]
      .slice(0, 2)
      .map((line) => (printed === 0 ? undefined : line)),
  );
});

test('a line that is longer than what is read at once is printed whole', async () => {
  const long = 'x'.repeat(150_000);
  const world = await worldWithLog(`first\n${long}\n`);
  expect((await axium(world, 'daemon', 'logs', '-n', '1')).stdout).toBe(`${long}\n`);
});

test('without a log the answer is no, with its place', async () => {
  expect(await axium(await makeWorld(), 'daemon', 'logs')).toEqual({
    code: 1,
    stdout: '',
    stderr:
      "axium: ~/axium/state/daemon.log: there is no log yet; start the daemon with 'axium daemon start'\n",
  });
});

test('daemon logs --follow goes on with whole lines, and with a file that took the place of the old one', async () => {
  const world = await worldWithLog('before\nhalf ');
  const log = follow(world, 'daemon', 'logs', '-f', '-n', '1');
  const until = (text: string) => log.until((seen) => seen === text);
  await until('before\n');
  await appendFile(world.log, 'a line\nand ');
  await until('before\nhalf a line\n');
  await appendFile(world.log, 'more\n');
  await until('before\nhalf a line\nand more\n');
  await writeFile(`${world.log}.new`, 'a new file that is longer than the old one was\n');
  await rename(`${world.log}.new`, world.log);
  await until('before\nhalf a line\nand more\na new file that is longer than the old one was\n');
});
