import * as fs from 'node:fs/promises';
import { chmod, mkdir, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import { type ConfigPowers, getConfigPortal } from '../../core/portals/get-config.ts';
import { ParsedConfigs } from '../../core/portals/parsed-configs.ts';
import {
  parseConfigValues,
  readConfigOverride,
  refuseStrangersConfig,
} from '../../core/registry/config-source.ts';
import { ownersFor } from '../../core/registry/owners.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';
import { openBelow } from './support/open-handles.ts';
import { pathPowers, prepare, run } from './support/run-portal.ts';

let home: string;
const owners = ownersFor({ uid: process.getuid?.() ?? 0 });

beforeEach(async () => {
  home = makeTemporaryDirectory();
  for (const directory of ['user', 'package', 'overrides']) await mkdir(`${home}/${directory}`);
});

const ENV = { SECRET: 'hunter2', USER: 'ada', HOME: '/home/ada' };

function portalPowers(
  environment: string | null = null,
  parsed: ParsedConfigs = new ParsedConfigs(Date.now),
): ConfigPowers {
  return {
    ...pathPowers(home),
    env: ENV,
    filesOf: (spoke) => ({
      base: [`${home}/user/${spoke}.yaml`, `${home}/package/${spoke}.yaml`],
      absent: `${home}/user/${spoke}.yaml`,
      override: `${home}/overrides/${spoke}.yaml`,
    }),
    readOverride: (file) => readConfigOverride(fs, file, owners),
    refuseStrangers: (file) => refuseStrangersConfig(fs, file, owners),
    parse: (file, bytes) => parseConfigValues(file, bytes),
    parsed,
    environment: () => environment,
    environmentValues: () => (environment === null ? {} : { region: `of ${environment}`, constructor: 'c' }),
  };
}

const portal = (environment: string | null = null) => getConfigPortal(portalPowers(environment));

const config = (key?: string, environment?: string) => run(portal(environment), 'get_config', { key });
const base = (text: string) => writeFile(`${home}/user/creds.yaml`, text);
const override = (text: string) => writeFile(`${home}/overrides/creds.yaml`, text);

test('it is the base file with the changes of the user merged over it, lists replaced', async () => {
  await base('sso: {url: https://a, region: eu}\nprofiles: [a, b]\nold: 1\n');
  await override('sso: {region: us}\nprofiles: [c]\nnew: 2\n');
  expect(await config()).toEqual({
    value: { sso: { url: 'https://a', region: 'us' }, profiles: ['c'], old: 1, new: 2 },
  });
});

test('it is the default section with that of the active environment, wherever the two are written', async () => {
  await base('default: {region: eu, port: 1}\nwork: {region: us}\n');
  await override('work: {port: 2}\n');
  expect(await config()).toEqual({ value: { region: 'eu', port: 1 } });
  expect(await config(undefined, 'work')).toEqual({ value: { region: 'us', port: 2 } });
  expect(await config(undefined, 'home')).toEqual({ value: { region: 'eu', port: 1 } });
});

test('a key names one value of it, or nothing', async () => {
  await base('default: {sso: {region: eu}}\nwork: {sso: {region: us}}\n');
  expect(await config('sso.region', 'work')).toEqual({ value: 'us' });
  expect(await config('sso.nothing')).toEqual({ value: null });
  expect(await config('default')).toEqual({ value: null });
});

test("the base file, which can be the author's, cannot read the environment of the daemon", async () => {
  await base("a: $SECRET\nb: '\u0024{SECRET}'\nc: $USER\nd: ~/x\n");
  expect(await config()).toEqual({ value: { a: '$SECRET', b: '\u0024{SECRET}', c: 'ada', d: `${home}/x` } });
});

test('the changes of the user can, and cannot be made to by the base file', async () => {
  await base('a: 1\nb: $SECRET\n');
  await override('a: $SECRET\n');
  expect(await config()).toEqual({ value: { a: 'hunter2', b: '$SECRET' } });
});

test("the user's own file takes the place of the one in the spoke's directory", async () => {
  await writeFile(`${home}/package/creds.yaml`, 'from: package\n');
  expect(await config()).toEqual({ value: { from: 'package' } });
  await base('from: user\n');
  expect(await config()).toEqual({ value: { from: 'user' } });
});

test('it is decided like reading the file that is read', async () => {
  await writeFile(`${home}/secret.yaml`, 'a: 1\n');
  await symlink('../secret.yaml', `${home}/user/creds.yaml`);
  expect(portal().action).toBe('fs_read');
  const prepared = await prepare(portal(), 'get_config');
  expect(prepared.target).toMatchObject({
    asked: `${home}/user/creds.yaml`,
    real: `${home}/secret.yaml`,
    found: 'file',
  });
  await prepared.release();
});

test('where there is no base file, it is decided on the first place where one could be', async () => {
  await override('a: 1\n');
  const prepared = await prepare(portal(), 'get_config');
  expect(prepared.target).toMatchObject({ real: `${home}/user/creds.yaml`, found: 'missing' });
  expect(await prepared.perform()).toEqual({ value: { a: 1 } });
  await prepared.release();
});

test('what was decided on is read, though the name leads elsewhere by now', async () => {
  await base('a: 1\n');
  await writeFile(`${home}/secret.yaml`, 'a: secret\n');
  const prepared = await prepare(portal(), 'get_config');
  await rm(`${home}/user/creds.yaml`);
  await symlink('../secret.yaml', `${home}/user/creds.yaml`);
  expect(await prepared.perform()).toEqual({ value: { a: 1 } });
  await prepared.release();
});

test.each([
  ['base', 'user'],
  ['override', 'overrides'],
])('a broken %s file is named with the place, and is not passed over', async (_which, directory) => {
  await base('a: 1\n');
  await writeFile(`${home}/${directory}/creds.yaml`, 'a: [1\nb: 2\n');
  await expect(config()).rejects.toMatchObject({
    code: 'invalid',
    message: expect.stringMatching(new RegExp(`^${home}/${directory}/creds\\.yaml:\\d+:\\d+: [^\\n]+$`)),
  });
});

test.each([
  ['base', 'user'],
  ['override', 'overrides'],
])('a %s file over 64 KiB is not parsed', async (_which, directory) => {
  await writeFile(`${home}/${directory}/creds.yaml`, `a: 1 # ${'x'.repeat(65_536)}\n`);
  await expect(config()).rejects.toMatchObject({
    code: 'invalid',
    message: expect.stringContaining('65536'),
  });
});

test.each([
  ['the base file', 'user/creds.yaml', 0o666],
  ['the directory of the base file', 'user', 0o777],
  ['the changes of the user', 'overrides/creds.yaml', 0o622],
  ['the directory of the changes', 'overrides', 0o777],
])(
  'somebody else who can write in %s decides nothing, though it was parsed before',
  async (_, name, mode) => {
    await base('a: 1\n');
    await override('b: $SECRET\n');
    const asked = getConfigPortal(portalPowers(null, new ParsedConfigs(() => Date.now() + 60_000)));
    expect(await run(asked, 'get_config', {})).toEqual({ value: { a: 1, b: 'hunter2' } });
    await chmod(`${home}/${name}`, mode);
    await expect(run(asked, 'get_config', {})).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringContaining(`run: chmod go-w ${home}/${name}`),
    });
  },
);

test('no request leaves a handle open', async () => {
  await base('a: [1\n');
  await config().catch(() => {});
  await base('a: 1\n');
  await config();
  expect(openBelow(home)).toEqual([]);
});

describe('what files were parsed to', () => {
  /** A portal that counts what it parses; its clock is well after anything that is written here. */
  function counting() {
    const parsed: string[] = [];
    const powers = portalPowers(null, new ParsedConfigs(() => Date.now() + 60_000));
    const note = (file: string) => parsed.push(file.replace(`${home}/`, ''));
    const counted = getConfigPortal({
      ...powers,
      parse(file, ...more) {
        note(file);
        return powers.parse(file, ...more);
      },
      readOverride(file, spoke) {
        note(file);
        return powers.readOverride(file, spoke);
      },
    });
    return { parsed, ask: () => run(counted, 'get_config', {}) };
  }

  test('is kept, and asked for again neither of the base file nor of the changes', async () => {
    await base('a: 1\nb: ~/x\n');
    await override('c: $SECRET\n');
    const { parsed, ask } = counting();
    const value = { a: 1, b: `${home}/x`, c: 'hunter2' };
    expect([await ask(), await ask(), await ask()]).toEqual([{ value }, { value }, { value }]);
    expect(parsed).toEqual(['user/creds.yaml', 'overrides/creds.yaml']);
  });

  test('is not kept when the file has changed, by its size, its time or its inode', async () => {
    await base('a: 1\n');
    const { ask } = counting();
    expect(await ask()).toEqual({ value: { a: 1 } });
    await base('a: 22\n');
    expect(await ask()).toEqual({ value: { a: 22 } });
    await base('a: 33\n');
    await utimes(`${home}/user/creds.yaml`, 1, 1);
    expect(await ask()).toEqual({ value: { a: 33 } });
    await writeFile(`${home}/new`, 'a: 44\n');
    await utimes(`${home}/new`, 1, 1);
    await rename(`${home}/new`, `${home}/user/creds.yaml`);
    expect(await ask()).toEqual({ value: { a: 44 } });
  });

  test('is not kept of a file that was changed just now, whose next change might look the same', async () => {
    await base('a: 1\n');
    const stat = await fs.stat(`${home}/user/creds.yaml`);
    const valuesAfter = async (ms: number) => {
      const parsed = new ParsedConfigs(() => stat.ctimeMs + ms);
      return [
        await parsed.valueOf('creds.yaml', stat, async () => 'before'),
        await parsed.valueOf('creds.yaml', stat, async () => 'after'),
      ];
    };
    expect(await valuesAfter(900)).toEqual(['before', 'after']);
    expect(await valuesAfter(1100)).toEqual(['before', 'before']);
  });

  test('is an error as well, where the file is broken', async () => {
    await base('a: [1\n');
    const { parsed, ask } = counting();
    await expect(ask()).rejects.toMatchObject({ code: 'invalid' });
    await expect(ask()).rejects.toMatchObject({ code: 'invalid' });
    await base('a: 1\n');
    expect(await ask()).toEqual({ value: { a: 1 } });
    expect(parsed).toEqual(['user/creds.yaml', 'user/creds.yaml', 'overrides/creds.yaml']);
  });

  test('is kept of so many files only, the oldest going first', async () => {
    const parsed = new ParsedConfigs(() => Date.now() + 60_000);
    const stat = await fs.stat(home);
    let read = 0;
    const look = (name: number) =>
      parsed.valueOf(String(name), stat, async () => {
        read += 1;
        return name;
      });
    for (let name = 0; name < 65; name += 1) await look(name);
    await look(64);
    expect(read).toBe(65);
    expect(await look(0)).toBe(0);
    expect(read).toBe(66);
  });
});
