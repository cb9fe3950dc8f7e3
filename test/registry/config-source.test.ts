import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { AxiumError } from '../../core/errors.ts';
import { BrokenFiles } from '../../core/registry/broken-files.ts';
import {
  parseConfigValues,
  readConfigOverride,
  refuseStrangersConfig,
} from '../../core/registry/config-source.ts';
import { ownersFor } from '../../core/registry/owners.ts';
import { createPowers } from '../support/powers.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';

const parse = (text: string | Buffer) => parseConfigValues('creds.yaml', Buffer.from(text));

it("a spoke's configuration is plain data", () => {
  expect(parse('default: {profile: prod, list: [1, x]}\n')).toEqual({
    default: { profile: 'prod', list: [1, 'x'] },
  });
  expect(parse('')).toEqual({});
});

it.each([
  ['what is not YAML', 'a: [\n', /^creds\.yaml:\d+:\d+: [^\n]+$/],
  ['an alias', 'a: &x 1\nb: *x\n', /^creds\.yaml:\d+:\d+: [^\n]+$/],
  ['more than 64 KiB', '#'.repeat(65_537), /^creds\.yaml: expected at most 65536 bytes$/],
])('%s is invalid, told in one line with its place', (_, text, message) => {
  expect(() => parse(text)).toThrow(AxiumError);
  expect(() => parse(text)).toThrow(
    expect.objectContaining({ code: 'invalid', message: expect.stringMatching(message) }),
  );
});

it('all that is wrong with it is heard with its lines, and where nothing is that is heard as well', async () => {
  const heard: (readonly [string, string | null])[] = [];
  const hear = (file: string, problems: string | null) => heard.push([file, problems]);
  const text = 'a: 1\na: 2\nb: &x 1\nc: *x\n';
  const parsing = () => parseConfigValues('creds.yaml', Buffer.from(text), hear);
  expect(parsing).toThrow(expect.objectContaining({ message: expect.not.stringContaining('\n') }));
  const [, problems] = heard[0] ?? [];
  expect(problems?.match(/^creds\.yaml:\d+:\d+: /gm)?.length).toBeGreaterThan(1);
  expect(problems).toContain('  2 | a: 2\n');
  parseConfigValues('creds.yaml', Buffer.from('a: 1\n'), hear);
  const file = join(makeTemporaryDirectory(), 'creds.yaml');
  writeFileSync(file, 'a: [\n');
  await readConfigOverride(createPowers().files, file, null, hear).catch(() => {});
  expect(heard.slice(1)).toEqual([
    ['creds.yaml', null],
    [file, expect.stringContaining('  1 | a: [\n')],
  ]);
});

it('a file that is broken is news once, and again when it is broken otherwise or anew', () => {
  const broken = new BrokenFiles();
  const told = ['x', 'x', 'y', null, null, 'y'].map((problems) => broken.isNews('a.yaml', problems));
  expect(told).toEqual([true, false, true, false, false, true]);
  expect(broken.isNews('b.yaml', 'y')).toBe(true);
});

it("the user's changes to it are none where there is no file, and invalid where that is broken", async () => {
  const file = join(makeTemporaryDirectory(), 'creds.yaml');
  const { files } = createPowers();
  expect(await readConfigOverride(files, file)).toBeNull();
  writeFileSync(file, 'profile: dev\n');
  expect(await readConfigOverride(files, file)).toEqual({ profile: 'dev' });
  writeFileSync(file, 'profile: [\n');
  await expect(readConfigOverride(files, file)).rejects.toMatchObject({
    name: 'AxiumError',
    code: 'invalid',
  });
});

it.each([
  ['the file', 'creds.yaml', 0o666],
  ['the directory', '', 0o777],
])("the user's changes are not believed where somebody else can write in %s", async (_, name, mode) => {
  const directory = join(makeTemporaryDirectory(), 'overrides');
  mkdirSync(directory);
  const file = join(directory, 'creds.yaml');
  writeFileSync(file, 'leak: $SECRET_TOKEN\n');
  const { files, uid } = createPowers();
  const owners = ownersFor({ uid });
  const look = async () => {
    await refuseStrangersConfig(files, file, owners);
    return readConfigOverride(files, file, owners);
  };
  expect(await look()).toEqual({ leak: '$SECRET_TOKEN' });
  chmodSync(join(directory, name), mode);
  await expect(look()).rejects.toMatchObject({
    code: 'invalid',
    message: expect.stringMatching(/expected a .* that only its owner can write in, .* run: chmod go-w /),
  });
});
