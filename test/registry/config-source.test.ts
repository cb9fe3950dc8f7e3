import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { AxiumError } from '../../core/errors.ts';
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
