import { spawnSync } from 'node:child_process';
import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type LoadedManifest, loadManifest, requireManifest } from '../../core/registry/load-manifest.ts';
import { InvalidFile } from '../../core/registry/problem.ts';
import { createPowers } from '../support/powers.ts';
import { writeSpoke, writeTree } from '../support/spoke-directory.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';

const HOME = '/home/ada';
const refusal = async (directory: string) => {
  const thrown = await loadManifest(createPowers(), directory, HOME).catch((error: unknown) => error);
  expect(thrown).toBeInstanceOf(InvalidFile);
  return (thrown as InvalidFile).message.replaceAll(directory, '');
};

it('a manifest comes with its defaults, its rights and its module', async () => {
  const directory = writeSpoke(makeTemporaryDirectory(), 'creds', {
    'spoke.yaml': 'name: creds\nentrypoint: lib/main:register\n',
    'lib/main.cjs': '',
  });
  expect(await loadManifest(createPowers(), directory, HOME)).toEqual({
    manifest: {
      name: 'creds',
      version: '0.0.0',
      runtime: 'node',
      entrypoint: 'lib/main:register',
      activation: 'always',
      triggers: { commands: [], events: [], at: [] },
      idle: 30_000,
      permissions: {},
    },
    file: `${directory}/spoke.yaml`,
    directory,
    module: 'lib/main.cjs',
    function: 'register',
    base: {
      switches: {},
      paths: { fs_read: [], fs_write: [] },
      commands: [],
      privileged: { grants: [], restrictions: [] },
    },
    warnings: [],
    text: 'name: creds\nentrypoint: lib/main:register\n',
    fingerprint: expect.stringMatching(/^[0-9a-f]{32}$/),
  });
});

it('takes what is known of the same text, and of no other', async () => {
  const text = 'name: creds\nentrypoint: main:register\npermissions: {fs_read: [~/a]}\n';
  const directory = writeSpoke(makeTemporaryDirectory(), 'creds', { 'spoke.yaml': text, 'main.mjs': '' });
  const load = (known: readonly LoadedManifest[] = []) =>
    requireManifest(createPowers(), directory, HOME, undefined, known);
  const first = await load();
  writeFileSync(`${directory}/main.mjs`, 'changed');
  const second = await load([first]);
  expect(second.base).toBe(first.base);
  expect(second.fingerprint).not.toBe(first.fingerprint);
  writeFileSync(`${directory}/spoke.yaml`, text.replace('~/a', '~/b'));
  expect((await load([first, second])).base).not.toBe(first.base);
});

it.each([
  ['main', ['main.js', 'main.mjs', 'main.cjs'], 'main.js'],
  ['main', ['main.mjs', 'main.cjs'], 'main.mjs'],
  ['main.mjs', ['main.mjs', 'main.mjs.js'], 'main.mjs'],
  ['main.test', ['main.test.js'], 'main.test.js'],
])('the module %s of %j is %s', async (stem, files, module) => {
  const directory = writeTree(join(makeTemporaryDirectory(), 'x'), {
    'spoke.yaml': `name: creds\nentrypoint: ${stem}:register\n`,
    ...Object.fromEntries(files.map((file) => [file, ''])),
  });
  expect((await loadManifest(createPowers(), directory, HOME))?.module).toBe(module);
});

it.each([
  '../main:register',
  '/etc/main:register',
  'a/../main:register',
  './main:register',
  'main',
  ':register',
  'main:',
  'main:a.b',
  '.hidden:x',
  'a//b:x',
  'main:register:x',
])('the entrypoint %s is refused', async (entrypoint) => {
  const directory = writeSpoke(makeTemporaryDirectory(), 'creds', {
    'spoke.yaml': `name: creds\nentrypoint: "${entrypoint}"\n`,
  });
  expect(await refusal(directory)).toMatch(/^\/spoke\.yaml:2:13: expected 'module:function'/);
});

describe('an entry module in TypeScript', () => {
  const directory = () =>
    writeTree(join(makeTemporaryDirectory(), 'x'), {
      'spoke.yaml': 'name: creds\nentrypoint: main:register\n',
      'main.ts': '',
    });

  it('is taken where Node runs it', async () => {
    const powers = createPowers({ stripsTypes: true });
    expect(await loadManifest(powers, directory(), HOME)).toMatchObject({ module: 'main.ts' });
  });

  it('is refused elsewhere, with what compiles it', async () => {
    expect(await refusal(directory())).toContain(
      "/spoke.yaml:2:13: 'main.ts' is TypeScript, which the Node that runs Axium does not run; it takes Node 22.18 or later, or JavaScript: 'axium spoke add ' and 'axium spoke pack' compile it",
    );
  });

  it('comes after JavaScript of the same name', async () => {
    const powers = createPowers({ stripsTypes: true });
    const both = writeTree(directory(), { 'main.mjs': '' });
    expect(await loadManifest(powers, both, HOME)).toMatchObject({ module: 'main.mjs' });
  });
});

describe('the runtime', () => {
  const directoryOf = (lines: string, files: Readonly<Record<string, string>>) =>
    writeTree(join(makeTemporaryDirectory(), 'x'), { 'spoke.yaml': `name: creds\n${lines}`, ...files });

  it('python takes main.py, whatever else is there', async () => {
    const directory = directoryOf('runtime: python\nentrypoint: main:register\n', {
      'main.py': '',
      'main.mjs': '',
    });
    expect(await loadManifest(createPowers(), directory, HOME)).toMatchObject({
      module: 'main.py',
      function: 'register',
    });
  });

  it('exec takes a file that can be executed, and no function', async () => {
    const directory = directoryOf('runtime: exec\nentrypoint: bin/watch\n', { 'bin/watch': '' });
    expect(await refusal(directory)).toContain(
      `/spoke.yaml:3:13: 'bin/watch' cannot be executed; once you trust it, run: chmod u+x `,
    );
    chmodSync(join(directory, 'bin/watch'), 0o700);
    expect(await loadManifest(createPowers(), directory, HOME)).toMatchObject({
      module: 'bin/watch',
      function: '',
    });
  });

  it.each([
    ['runtime: exec\nentrypoint: main:register\n', "expected the path of a program in the spoke's directory"],
    ['runtime: python\nentrypoint: main\n', "expected 'module:function', like main:register"],
    [
      'runtime: pyhton\nentrypoint: main:register\n',
      "expected node or python or exec; found the text 'pyhton'",
    ],
  ])('%j is refused', async (lines, says) => {
    expect(await refusal(directoryOf(lines, {}))).toContain(says);
  });

  it.each([
    [
      'entrypoint: mian:register\n',
      'main.mjs',
      "expected mian.js, mian.mjs, mian.cjs in the same directory; did you mean 'main'?",
    ],
    ['entrypoint: lib/mian:register\n', 'lib/main.js', "did you mean 'lib/main'?"],
    [
      'runtime: python\nentrypoint: mian:register\n',
      'main.py',
      "expected mian.py in the same directory; did you mean 'main'?",
    ],
    [
      'runtime: exec\nentrypoint: wacth\n',
      'watch',
      "the program 'wacth' is not there; expected wacth in the same directory; did you mean 'watch'?",
    ],
  ])('a slip in %j is told with what was probably meant', async (lines, file, says) => {
    expect(await refusal(directoryOf(lines, { [file]: '' }))).toContain(says);
  });
});

describe('what runs on demand', () => {
  const directoryOf = (lines: string) =>
    writeSpoke(makeTemporaryDirectory(), 'creds', {
      'spoke.yaml': `name: creds\nentrypoint: main:register\n${lines}`,
    });

  it('has its triggers, and times in milliseconds', async () => {
    const triggers = "triggers: {commands: [show], events: [env_change], every: 6h, at: ['07:30']}";
    const loaded = await loadManifest(
      createPowers(),
      directoryOf(`activation: on-demand\n${triggers}\nidle: 10s\n`),
      HOME,
    );
    expect(loaded?.manifest).toMatchObject({
      activation: 'on-demand',
      triggers: { commands: ['show'], events: ['env_change'], every: 21_600_000, at: ['07:30'] },
      idle: 10_000,
    });
  });

  it.each([
    ['activation: on-demand', '3:13: nothing would start it; add what does under triggers'],
    ['activation: on-demand\ntriggers: {commands: []}', '3:13: nothing would start it'],
    [
      'triggers: {commands: [show]}',
      "3:11: only what runs on demand is started by them; add 'activation: on-demand'",
    ],
    [
      'activation: ondemand',
      "3:13: expected always or on-demand; found the text 'ondemand'; did you mean 'on-demand'?",
    ],
    ['activation: on-demand\ntriggers: {comands: [show]}', "unknown key 'comands'; did you mean 'commands'?"],
    ['activation: on-demand\ntriggers: {commands: [help]}', "'help' lists the commands of a spoke"],
    ['activation: on-demand\ntriggers: {events: [shutdown]}', 'expected env_change or config_changed or'],
    ['activation: on-demand\ntriggers: {every: 9s}', '4:19: expected from 10s to 366d'],
    ['activation: on-demand\ntriggers: {every: 367d}', 'expected from 10s to 366d'],
    ['activation: on-demand\ntriggers: {every: soon}', 'expected a number with ms, s, m, h or d'],
    ["activation: on-demand\ntriggers: {at: ['24:00']}", "expected a time of day like '07:30'"],
    ['activation: on-demand\ntriggers: {every: 1h}\nidle: 2h', '5:7: expected from 1s to 1h'],
  ])('%j is refused, with what to do', async (lines, says) => {
    expect(await refusal(directoryOf(`${lines}\n`))).toContain(says);
  });
});

describe('a spoke.yaml that is no regular file is refused without being waited for', () => {
  it('a FIFO', async () => {
    const directory = writeSpoke(makeTemporaryDirectory(), 'creds');
    rmSync(join(directory, 'spoke.yaml'));
    expect(spawnSync('mkfifo', [join(directory, 'spoke.yaml')]).status).toBe(0);
    expect(await refusal(directory)).toBe(
      '/spoke.yaml: expected a regular file; remove what is there and write one',
    );
  });

  it('a socket', async () => {
    const directory = writeSpoke(makeTemporaryDirectory(), 'creds');
    rmSync(join(directory, 'spoke.yaml'));
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(directory, 'spoke.yaml'), resolve));
    try {
      expect(await refusal(directory)).toMatch(/^\/spoke\.yaml: /);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });
});

describe('the size of a manifest', () => {
  const manifestOf = (bytes: number) => 'name: creds\nentrypoint: main:register\n#'.padEnd(bytes, '#');

  it('may be 64 KiB', async () => {
    const directory = writeSpoke(makeTemporaryDirectory(), 'creds', { 'spoke.yaml': manifestOf(65_536) });
    expect((await loadManifest(createPowers(), directory, HOME))?.manifest.name).toBe('creds');
  });

  it('may not be one byte more', async () => {
    const directory = writeSpoke(makeTemporaryDirectory(), 'creds', { 'spoke.yaml': manifestOf(65_537) });
    expect(await refusal(directory)).toBe('/spoke.yaml: expected at most 65536 bytes, found 65537');
  });

  it('is told before anything of it is read', async () => {
    const directory = writeSpoke(makeTemporaryDirectory(), 'creds', { 'spoke.yaml': '#'.repeat(10_000_000) });
    expect(await refusal(directory)).toBe('/spoke.yaml: expected at most 65536 bytes, found 10000000');
  });
});

it('patterns of a manifest never see the environment of the daemon', async () => {
  const directory = writeSpoke(makeTemporaryDirectory(), 'creds', {
    'spoke.yaml': 'name: creds\nentrypoint: main:register\npermissions: {fs_read: [/srv/$SECRET]}\n',
  });
  const loaded = await loadManifest(createPowers({ env: { SECRET: 'x' } }), directory, HOME);
  expect(loaded?.base.paths.fs_read[0]?.pattern.alternatives[0]?.anchor).toBe('/srv/$SECRET');
});

it('a directory without a manifest is none, but one that must have it is refused', async () => {
  const directory = makeTemporaryDirectory();
  expect(await loadManifest(createPowers(), directory, HOME)).toBeNull();
  await expect(requireManifest(createPowers(), directory, HOME)).rejects.toThrow('there is no such file');
});

it('what only a user may say is no key of a manifest', async () => {
  for (const key of ['deny: {fs_read: [/x]}', 'ask: {exec: [aws]}']) {
    const directory = writeSpoke(makeTemporaryDirectory(), 'creds', {
      'spoke.yaml': `name: creds\nentrypoint: main:register\npermissions:\n  ${key}\n`,
    });
    expect(await refusal(directory)).toMatch(/^\/spoke\.yaml:4:3: unknown key/);
  }
});
