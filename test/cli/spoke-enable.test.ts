import { lstat, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { axium, makeWorld, type World } from './support/cli.ts';
import { answerControl } from './support/control-server.ts';

const fileOf = (world: World) => `${world.axium}/config/config.yaml`;
const textOf = (world: World) => readFile(fileOf(world), 'utf8');

async function worldWith(text: string): Promise<World> {
  const world = await makeWorld();
  await writeFile(fileOf(world), text);
  return world;
}

const COMMENTED = `# mine
environment: prod   # which one

spokes:
    # the ones I like
    bundled:
        - creds   # because
exec:
    timeout: 2m  # short
`;

test('enable and disable keep every comment, the order and the indentation', async () => {
  const world = await worldWith(COMMENTED);
  expect(await axium(world, 'spoke', 'enable', 'nosy')).toEqual({
    code: 0,
    stdout: 'nosy enabled; this counts once the daemon is started\n',
    stderr: '',
  });
  const enabled = COMMENTED.replace('# because\n', '# because\n        - nosy\n');
  expect(squeezed(await textOf(world))).toBe(squeezed(enabled));
  await axium(world, 'spoke', 'disable', 'nosy');
  expect(squeezed(await textOf(world))).toBe(squeezed(COMMENTED));
});

/** The blanks before a comment behind a value are not kept as they are; all else is. */
function squeezed(text: string): string {
  return text.replace(/(\S) +#/g, '$1 #');
}

test.each([
  ['an empty file', '', 'spokes:\n  bundled:\n    - nosy\n'],
  ['only a comment', '# later\n', '# later\n\nspokes:\n  bundled:\n    - nosy\n'],
  ['other keys', 'environment: dev\n', 'environment: dev\nspokes:\n  bundled:\n    - nosy\n'],
  ['spokes without a value', 'spokes:\n', 'spokes:\n  bundled:\n    - nosy\n'],
  ['bundled without a value', 'spokes:\n  bundled:\n', 'spokes:\n  bundled:\n    - nosy\n'],
  ['a list in brackets', 'spokes: {bundled: [creds]}\n', 'spokes: {bundled: [creds, nosy]}\n'],
  ['padded brackets', 'spokes: { bundled: [ creds ] }\n', 'spokes: { bundled: [ creds, nosy ] }\n'],
  [
    'a list that is not indented',
    'spokes:\n  bundled:\n  - creds\n',
    'spokes:\n  bundled:\n  - creds\n  - nosy\n',
  ],
])('enable in %s adds the name and nothing else', async (_what, before, after) => {
  const world = await worldWith(before);
  expect((await axium(world, 'spoke', 'enable', 'nosy')).code).toBe(0);
  expect(await textOf(world)).toBe(after);
});

test('a long line that nobody asked to change is not folded', async () => {
  const names = Array.from({ length: 30 }, (_, number) => `VARIABLE_${number}`).join(', ');
  const line = `environment: prod # ${'a long remark '.repeat(20).trim()}\nexec: {env: [${names}]}\n`;
  const world = await worldWith(line);
  await axium(world, 'spoke', 'enable', 'nosy');
  expect(await textOf(world)).toBe(`${line}spokes:\n  bundled:\n    - nosy\n`);
});

test('without a config.yaml enable makes one that only its owner can read', async () => {
  const world = await makeWorld();
  await rm(`${world.axium}/config`, { recursive: true });
  expect((await axium(world, 'spoke', 'enable', 'creds')).code).toBe(0);
  expect(await textOf(world)).toMatch(
    /^# yaml-language-server: \$schema=file:\/\/\S+\/config\.schema\.json\nspokes:\n {2}bundled:\n {4}- creds\n$/,
  );
  expect((await stat(fileOf(world))).mode & 0o777).toBe(0o600);
  expect(await readdir(`${world.axium}/config`)).toEqual(['config.yaml']);
});

test('the mode of the file stays, and a link to it stays a link', async () => {
  const world = await makeWorld();
  await mkdir(`${world.home}/dotfiles`);
  const real = `${world.home}/dotfiles/axium.yaml`;
  await writeFile(real, 'spokes:\n  bundled: []\n', { mode: 0o640 });
  await symlink(real, fileOf(world));
  await axium(world, 'spoke', 'enable', 'creds');
  expect((await lstat(fileOf(world))).isSymbolicLink()).toBe(true);
  expect(await readFile(real, 'utf8')).toContain('creds');
  expect((await stat(real)).mode & 0o777).toBe(0o640);
});

test.each([
  [
    'does not parse',
    'spokes: [\n',
    /^axium: ~\/axium\/config\/config\.yaml:\d+:\d+: .*; mend the file first\n$/,
  ],
  [
    'has a key twice',
    'spokes: {}\nspokes: {}\n',
    /^axium: ~\/axium\/config\/config\.yaml:2:1: .*unique.*\n$/,
  ],
  ['has something else there', 'spokes:\n  bundled: creds\n', /expected a list of names at spokes\.bundled/],
  ['is a list', '- a\n', /expected a list of names at spokes\.bundled/],
  ['is over the cap', `# ${'x'.repeat(70_000)}\n`, /expected at most 65536 bytes, found 7\d{4}/],
])('a config.yaml that %s is refused and left as it is', async (_what, text, message) => {
  const world = await worldWith(text);
  const { code, stdout, stderr } = await axium(world, 'spoke', 'enable', 'nosy');
  expect({ code, stdout }).toEqual({ code: 65, stdout: '' });
  expect(stderr).toMatch(message);
  expect(stderr).toMatch(/^axium: [^\n]*\n$/);
  expect(await textOf(world)).toBe(text);
});

test('enable of a spoke that is not bundled names those that are', async () => {
  const world = await makeWorld();
  for (const verb of ['enable', 'disable']) {
    expect(await axium(world, 'spoke', verb, 'weather')).toEqual({
      code: 1,
      stdout: '',
      stderr:
        "axium: spoke 'weather' not found among those that are bundled (creds, disk, git, healer, nosy, updates); one in ~/axium/config/spokes runs without this\n",
    });
  }
});

test('disable takes out a name that is no longer bundled', async () => {
  const world = await worldWith('spokes:\n  bundled: [gone, creds]\n');
  expect((await axium(world, 'spoke', 'disable', 'gone')).code).toBe(0);
  expect(await textOf(world)).toBe('spokes:\n  bundled: [creds]\n');
});

test('what is so already stays as it is, to the byte', async () => {
  const text = 'spokes:   {bundled:   [creds]}\n';
  const world = await worldWith(text);
  expect((await axium(world, 'spoke', 'enable', 'creds')).stdout).toBe('creds is enabled already\n');
  expect((await axium(world, 'spoke', 'disable', 'nosy')).stdout).toBe('nosy is disabled already\n');
  expect(await textOf(world)).toBe(text);
});

test('a running daemon is asked to read its spokes again, and a spoke that fails is an answer of no', async () => {
  const world = await makeWorld();
  const failed = {
    name: 'nosy',
    version: '1',
    directory: '/x',
    state: 'quarantined' as const,
    reason: 'it threw',
    level: 'none',
    pid: null,
  };
  const ready = { ...failed, name: 'creds', state: 'ready' as const, reason: null, level: 'strong' };
  const requests = await answerControl(world, { spoke_reload: { spokes: [ready, failed], refused: [] } });
  expect(await axium(world, 'spoke', 'enable', 'creds')).toEqual({
    code: 0,
    stdout: 'creds enabled and ready (strong)\n',
    stderr: '',
  });
  expect(await axium(world, 'spoke', 'enable', 'nosy')).toEqual({
    code: 1,
    stdout: '',
    stderr: "axium: spoke 'nosy' is enabled and failed: it threw; see 'axium spoke logs nosy'\n",
  });
  expect(requests).toEqual([{ cmd: 'spoke_reload' }, { cmd: 'spoke_reload' }]);
});
