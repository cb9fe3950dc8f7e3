import { existsSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { expect, onTestFinished, test } from 'vitest';
import type { LoadedManifest } from '../core/registry/load-manifest.ts';
import { fingerprintTree } from '../core/registry/spoke-tree.ts';
import { WarmStart } from '../core/warm-start.ts';
import { gone, until } from './jobs/support/processes.ts';
import { fixtureSandbox, makeSpoke } from './supervisor/support/observed-life.ts';
import { createPowers, type TestPowers } from './support/powers.ts';
import { writeTree } from './support/spoke-directory.ts';
import { makeTemporaryDirectory } from './support/temporary-directory.ts';

const QUIET_MS = 1000;
const EXPECTED_FILES = { 'spoke.yaml': 'name: creds\n', 'main.mjs': 'export const part = 1;\n' };

/** Starts fixtures ahead, in a directory of the test's own; none of them outlives the test. */
function warmWorld(fixture = 'well-behaved', powers: TestPowers = createPowers()) {
  const sandbox = fixtureSandbox(powers, fixture);
  const directory = `${makeTemporaryDirectory()}/warm`;
  const settings = { isOn: true };
  const warm = new WarmStart({ powers, sandbox, directory, isOn: () => settings.isOn });
  onTestFinished(() => warm.stop());
  return { warm, powers, sandbox, directory, settings };
}

type World = ReturnType<typeof warmWorld>;

/** A spoke of these files, as it was loaded. */
async function loaded(files: Readonly<Record<string, string>> = EXPECTED_FILES): Promise<LoadedManifest> {
  const spoke = makeSpoke();
  writeTree(spoke.directory, files);
  const fingerprint = await fingerprintTree(fs, spoke.directory);
  return { ...spoke, module: 'main.mjs', fingerprint };
}

const admitted = async () => true;

/** Has the next process started, and settles with its number once it is ready. */
async function ready({ warm, sandbox, powers }: World): Promise<number> {
  void warm.take(await loaded(), sandbox, admitted);
  warm.configRead();
  powers.clock.advance(QUIET_MS);
  await until(() => warm.status().state === 'ready');
  return warm.status().pid ?? 0;
}

test('nothing is started ahead before a spoke was started that could have had it', async () => {
  const { warm, powers, sandbox } = warmWorld();
  warm.configRead();
  expect(powers.clock.waits()).toEqual([]);
  expect(warm.take(await loaded(), fixtureSandbox(powers, 'silent'), admitted)).toBeNull();
  const python = await loaded();
  const manifest = { ...python.manifest, runtime: 'python' as const };
  expect(warm.take({ ...python, manifest }, sandbox, admitted)).toBeNull();
  warm.configRead();
  expect(powers.clock.waits()).toEqual([]);
  warm.take(await loaded(), sandbox, admitted);
  warm.configRead();
  expect(powers.clock.waits()).toEqual([QUIET_MS]);
});

test('nothing is started ahead while spokes start, and only once it has been quiet for a while', async () => {
  const { warm, powers, sandbox } = warmWorld();
  void warm.take(await loaded(), sandbox, admitted);
  warm.spokeBegins();
  warm.spokeBegins();
  warm.spokeSettled();
  expect(powers.clock.waits()).toEqual([]);
  warm.spokeSettled();
  expect(powers.clock.waits()).toEqual([QUIET_MS]);
  warm.spokeBegins();
  expect(powers.clock.waits()).toEqual([]);
  expect(warm.status()).toEqual({ state: 'none', pid: null });
  warm.spokeSettled();
  powers.clock.advance(QUIET_MS);
  await until(() => warm.status().state === 'ready');
  expect(powers.clock.waits()).toEqual([]);
});

test('a spoke that takes it has all of its files before it, and another one that wants it meanwhile has none', async () => {
  const world = warmWorld();
  const { warm, sandbox, directory } = world;
  const pid = await ready(world);
  const tree = { ...EXPECTED_FILES, 'lib/deep/part.mjs': 'x', 'lib/empty/.keep': '' };
  const spoke = await loaded(tree);
  const both = await Promise.all([warm.take(spoke, sandbox, admitted), warm.take(spoke, sandbox, admitted)]);
  const [taken, none] = both[0] ? both : both.toReversed();
  expect([taken?.pid(), none, warm.status()]).toEqual([pid, null, { state: 'none', pid: null }]);
  const [name] = await fs.readdir(directory);
  expect(taken?.moduleUrl).toBe(`file://${directory}/${name}/main.mjs`);
  for (const [file, text] of Object.entries(tree))
    expect(await fs.readFile(`${directory}/${name}/${file}`, 'utf8')).toBe(text);
  const said = taken?.channel[Symbol.asyncIterator]().next();
  expect(String((await said)?.value)).toMatch(/^\{[^\n]*"hello"[^\n]*\}\n$/);
  taken?.kill();
  await gone(pid);
  await until(() => !existsSync(`${directory}/${name}`));
});

test.for([
  [
    'changed since it was loaded',
    async (spoke: LoadedManifest) => fs.writeFile(`${spoke.directory}/main.mjs`, 'y'),
  ],
  [
    'larger than 262,144 bytes',
    async (spoke: LoadedManifest) => fs.writeFile(`${spoke.directory}/a`, 'x'.repeat(262_145)),
  ],
  [
    'of more than 32 entries',
    async ({ directory }: LoadedManifest) =>
      writeTree(directory, Object.fromEntries(Array.from({ length: 32 }, (_, at) => [`f${at}`, '']))),
  ],
  ['with a link', async ({ directory }: LoadedManifest) => fs.symlink('main.mjs', `${directory}/link`)],
] as const)(
  'a spoke that is %s is started in the usual way, and the process stays for another',
  async ([what, change]) => {
    const world = warmWorld();
    const { warm, sandbox, directory } = world;
    const pid = await ready(world);
    const spoke = await loaded();
    await change(spoke);
    const fingerprint = what.startsWith('changed')
      ? spoke.fingerprint
      : await fingerprintTree(fs, spoke.directory);
    expect(await warm.take({ ...spoke, fingerprint }, sandbox, admitted)).toBeNull();
    expect(warm.status()).toEqual({ state: 'ready', pid });
    const [name] = await fs.readdir(directory);
    expect(await fs.readdir(`${directory}/${name}`)).toEqual([]);
  },
);

test('one whose directory does not answer is started in the usual way after half a second', async () => {
  const hung = { ...fs, readdir: () => new Promise(() => {}) } as unknown as TestPowers['files'];
  const world = warmWorld('well-behaved', createPowers({ files: hung }));
  await ready(world);
  const taking = world.warm.take(await loaded(), world.sandbox, admitted);
  expect(world.powers.clock.waits()).toEqual([500]);
  world.powers.clock.advance(500);
  expect(await taking).toBeNull();
  expect(world.warm.status().state).toBe('ready');
});

test('a copy that may not run ends the process that has it before it, and nobody else gets that', async () => {
  const world = warmWorld();
  const pid = await ready(world);
  let seen = '';
  const look = async (directory: string) => {
    seen = await fs.readFile(`${directory}/main.mjs`, 'utf8');
    return false;
  };
  expect(await world.warm.take(await loaded(), world.sandbox, look)).toBeNull();
  expect(seen).toBe(EXPECTED_FILES['main.mjs']);
  await gone(pid);
  expect(world.warm.status()).toEqual({ state: 'none', pid: null });
});

test.for([
  ['hello-twice', /it said more than hello|what it said was not hello/],
  ['request-first', /what it said was not hello/],
  ['raw-line', /it said more than hello|what it said was not hello/],
  ['exits', /it ended by itself/],
  ['exits-after-hello', /it ended by itself/],
] as const)('what does as %s is gone, is told of, and is tried again later', async ([fixture, why]) => {
  const world = warmWorld(fixture);
  const { warm, powers, sandbox } = world;
  void warm.take(await loaded(), sandbox, admitted);
  warm.configRead();
  powers.clock.advance(QUIET_MS);
  await until(() => powers.logged.length > 0);
  expect(powers.logged).toEqual([expect.stringMatching(why)]);
  expect(warm.status()).toEqual({ state: 'none', pid: null });
  expect(powers.clock.waits()).toEqual([1000]);
});

test('after five in a row that did not last none is tried any more, until the configuration is read again', async () => {
  const { warm, powers, sandbox } = warmWorld('exits');
  void warm.take(await loaded(), sandbox, admitted);
  warm.configRead();
  for (let failures = 1; failures <= 5; failures += 1) {
    powers.clock.advance(60_000);
    await until(() => powers.logged.length === failures);
  }
  expect(powers.clock.waits()).toEqual([]);
  warm.spokeBegins();
  warm.spokeSettled();
  expect(powers.clock.waits()).toEqual([]);
  warm.configRead();
  expect(powers.clock.waits()).toEqual([QUIET_MS]);
});

test('nothing is started ahead while memory is short', async () => {
  let available = 300_000;
  const meminfo = async (path: string, options: 'utf8') =>
    path === '/proc/meminfo'
      ? `MemTotal: 8000000 kB\nMemAvailable: ${available} kB\n`
      : fs.readFile(path, options);
  const files = { ...fs, readFile: meminfo } as unknown as TestPowers['files'];
  const { warm, powers, sandbox } = warmWorld('well-behaved', createPowers({ files }));
  void warm.take(await loaded(), sandbox, admitted);
  warm.configRead();
  powers.clock.advance(QUIET_MS);
  expect(await powers.clock.armed()).toBe(60_000);
  available = 2_000_000;
  powers.clock.advance(60_000);
  await until(() => warm.status().state === 'ready');
});

test('turned off, it ends what is ready and starts no more; turned on again, it does', async () => {
  const world = warmWorld();
  const { warm, powers, settings, sandbox } = world;
  const pid = await ready(world);
  settings.isOn = false;
  expect(warm.take(await loaded(), sandbox, admitted)).toBeNull();
  warm.configRead();
  await gone(pid);
  expect([warm.status(), powers.clock.waits()]).toEqual([{ state: 'off', pid: null }, []]);
  settings.isOn = true;
  warm.configRead();
  powers.clock.advance(QUIET_MS);
  await until(() => warm.status().state === 'ready');
});

test('once it has stopped nothing of it is left, not even what was being started', async () => {
  const world = warmWorld();
  const pid = await ready(world);
  await world.warm.stop();
  expect([existsSync(world.directory), existsSync(`/proc/${pid}`)]).toEqual([false, false]);
  const other = warmWorld();
  void other.warm.take(await loaded(), other.sandbox, admitted);
  other.warm.configRead();
  other.powers.clock.advance(QUIET_MS);
  expect(other.warm.status().state).toBe('starting');
  await other.warm.stop();
  expect([existsSync(other.directory), other.powers.logged]).toEqual([false, []]);
});
