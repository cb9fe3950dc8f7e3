import { chmod, writeFile } from 'node:fs/promises';
import { beforeEach, expect, test } from 'vitest';
import { Environments } from '../../core/environments/environments.ts';
import { createPowers } from '../support/powers.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';

let directory: string;
let configured: string | null;
const told: unknown[] = [];
const powers = createPowers();

beforeEach(() => {
  directory = makeTemporaryDirectory();
  configured = null;
  told.length = 0;
  powers.logged.length = 0;
});

const open = () =>
  Environments.open({
    powers,
    file: `${directory}/envs.yaml`,
    chosenFile: `${directory}/environment.json`,
    configured: () => configured,
    onChange: (now, before) => void told.push(['change', now, before]),
    onValues: () => void told.push('values'),
  });
const write = (text: string) => writeFile(`${directory}/envs.yaml`, text);

const TWO = 'dev: {region: eu-central-1, ttl: 5, fast: true}\nprod:\n  region: eu-west-1\n';

test('without files there is no environment, and none can be chosen', async () => {
  const environments = await open();
  expect([environments.active, environments.values, environments.list()]).toEqual([null, {}, []]);
  await expect(environments.choose('dev')).rejects.toMatchObject({ code: 'not_found' });
});

test('what is chosen counts before what config.yaml says, and is kept across a restart', async () => {
  await write(TWO);
  configured = 'dev';
  const first = await open();
  expect([first.active, first.values]).toEqual(['dev', { region: 'eu-central-1', ttl: '5', fast: 'true' }]);
  await first.choose('prod');
  expect(told).toEqual([['change', 'prod', 'dev']]);
  const second = await open();
  expect([second.active, second.values]).toEqual(['prod', { region: 'eu-west-1' }]);
});

test('a choice that was taken back leaves what config.yaml says, or none, across a restart too', async () => {
  await write(TWO);
  const first = await open();
  await first.choose('prod');
  await first.unchoose();
  expect(first.active).toBeNull();
  expect(told).toEqual([
    ['change', 'prod', null],
    ['change', null, 'prod'],
  ]);
  configured = 'dev';
  expect((await open()).active).toBe('dev');
});

test('where nothing was chosen, a change of config.yaml counts', async () => {
  const environments = await open();
  configured = 'staging';
  await environments.refresh();
  expect([environments.active, environments.list()]).toEqual(['staging', [{ name: 'staging', values: {} }]]);
  expect(told).toEqual([['change', 'staging', null]]);
});

test('other values of envs.yaml are told, and the same ones are not', async () => {
  await write(TWO);
  const environments = await open();
  await environments.refresh();
  await write(TWO.replace('eu-west-1', 'eu-west-2'));
  await environments.refresh();
  expect(told).toEqual(['values']);
});

test.each([
  ['dev: [', 'envs.yaml:'],
  ['default: {}', 'default'],
  ['dev: {a b: 1}', 'envs.yaml:1:'],
  ['dev: {a: [1]}', 'envs.yaml:1:'],
  ['- dev', 'envs.yaml:1:'],
])('an envs.yaml with %j changes nothing, and is told with its place', async (text, place) => {
  await write(TWO);
  const environments = await open();
  await environments.choose('prod');
  await write(text);
  await environments.refresh();
  expect([environments.active, environments.values]).toEqual(['prod', { region: 'eu-west-1' }]);
  expect(environments.notes().join()).toContain(place);
  await write(TWO);
  await environments.refresh();
  expect(environments.notes()).toEqual([]);
});

test('an envs.yaml that others could write is not believed', async () => {
  await write(TWO);
  await chmod(`${directory}/envs.yaml`, 0o666);
  const environments = await open();
  expect(environments.list()).toEqual([]);
  expect(environments.notes().join()).toContain('chmod go-w');
});

test('a choice that cannot be read any more is none, and is told', async () => {
  await write(TWO);
  await writeFile(`${directory}/environment.json`, '{"environment": "pro');
  expect((await open()).active).toBe(null);
  expect(powers.logged.join()).toContain(`${directory}/environment.json`);
});
