import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadConfig } from '../../core/registry/load-config.ts';
import { parseHostPolicy } from '../../core/registry/load-host-policy.ts';
import { InvalidFile } from '../../core/registry/problem.ts';
import { configSchema } from '../../schemas/config.ts';
import { createPowers } from '../support/powers.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';

function writeConfig(text: string): string {
  const file = join(makeTemporaryDirectory(), 'config.yaml');
  writeFileSync(file, text);
  return file;
}

it('a file that is not there, or says nothing, is the defaults', async () => {
  const defaults = configSchema.parse({});
  const powers = createPowers();
  expect(await loadConfig(powers, join(makeTemporaryDirectory(), 'config.yaml'))).toEqual(defaults);
  expect(await loadConfig(powers, writeConfig('# nothing\n'))).toEqual(defaults);
});

it('what it says counts, and the rest is the defaults', async () => {
  const file = writeConfig('spokes:\n  bundled: [creds]\nexec:\n  timeout: 90s\n');
  expect(await loadConfig(createPowers(), file)).toMatchObject({
    spokes: { bundled: ['creds'] },
    exec: { timeout: 90_000, env: [] },
    storage: { quota: 10_485_760 },
  });
});

it.each([
  ['a typo', 'spokes:\n  bundle: [creds]\n', ":2:3: unknown key 'bundle'; did you mean 'bundled'?"],
  ['a wrong value', 'storage: {quota: 10M}\n', ":1:18: expected a number; found the text '10M'"],
  ['a list', '- creds\n', ':1:1: expected keys with values; found a list'],
  ['no YAML', 'spokes: "x\n', ':'],
])('a broken one is never the defaults: %s', async (_, text, message) => {
  const file = writeConfig(text);
  const thrown = await loadConfig(createPowers(), file).catch((error: unknown) => error);
  expect(thrown).toBeInstanceOf(InvalidFile);
  expect((thrown as InvalidFile).message.startsWith(`${file}${message}`)).toBe(true);
});

it("it may be a link, as a dotfile manager makes one, since it is the user's own", async () => {
  const file = writeConfig('environment: prod\n');
  const link = join(makeTemporaryDirectory(), 'config.yaml');
  symlinkSync(file, link);
  expect((await loadConfig(createPowers(), link)).environment).toBe('prod');
});

it('it may have 64 KiB and not one byte more', async () => {
  await expect(loadConfig(createPowers(), writeConfig('#'.repeat(65_536)))).resolves.toBeDefined();
  await expect(loadConfig(createPowers(), writeConfig('#'.repeat(65_537)))).rejects.toThrow(
    'at most 65536 bytes',
  );
});

it('what the host says of a key counts in its place, of a locked one the default, and of others what it says itself', async () => {
  const policy = [
    'locked: [exec.env, sandbox.spokes, environment]',
    'config:',
    '  audit: {keep: 365d}',
    '  consent: {first: ask}',
  ];
  const inForce = [parseHostPolicy('policy.yaml', policy.join('\n'), '/home/ada')];
  const file = writeConfig(
    [
      'environment: prod',
      'exec: {env: [TOKEN], timeout: 90s}',
      'sandbox: {memory: 64, spokes: {creds: {require: none}}}',
      'audit: {keep: 1d, size: 9}',
    ].join('\n'),
  );
  const config = await loadConfig(createPowers(), file, { inForce });
  expect(config).toEqual({
    ...configSchema.parse({}),
    exec: { ...configSchema.parse({}).exec, timeout: 90_000 },
    sandbox: { ...configSchema.parse({}).sandbox, memory: 64 },
    audit: { ...configSchema.parse({}).audit, keep: 365 * 86_400_000, size: 9 },
    consent: { first: 'ask' },
  });
  const broken = writeConfig('audit: 3\nexec: {timeout: soon}\n');
  await expect(loadConfig(createPowers(), broken, { inForce })).rejects.toThrow(`${broken}:2:17: expected`);
});
