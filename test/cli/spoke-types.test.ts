import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { writeTree } from '../support/spoke-directory.ts';
import { axium, makeWorld, PACKAGE, type World } from './support/cli.ts';

const TSCONFIG = `{ "compilerOptions": { "module": "NodeNext", "target": "ES2023", "strict": true, "noEmit": true, "types": [],
  "allowImportingTsExtensions": true, "allowJs": true, "checkJs": true }, "include": ["*.ts", "*.mjs"] }`;

/** A directory in which the package is installed. */
function project({ home }: World, files: Readonly<Record<string, string>>): string {
  const directory = writeTree(`${home}/x`, {
    'main.mjs': 'export function register() {}\n',
    'tsconfig.json': TSCONFIG,
    ...files,
  });
  mkdirSync(`${directory}/node_modules`);
  symlinkSync(PACKAGE, `${directory}/node_modules/axium`);
  return directory;
}

/** What the compiler says of a project, a line an error, without what follows it. */
function compile(directory: string): readonly string[] {
  const { stdout } = spawnSync(`${PACKAGE}/node_modules/.bin/tsc`, ['-p', directory, '--pretty', 'false'], {
    cwd: directory,
    encoding: 'utf8',
  });
  return stdout.split('\n').filter((line) => line !== '');
}

const manifest = (rights: string) => `name: x\nentrypoint: main:register\n${rights}`;
const CALLS = `import type { Register } from './spoke.d.ts';
export const register: Register = async (axium, events) => {
  await axium.notify({ title: 'x' });
  await axium.exec('ls');
  await axium.facts();
  await axium.fs.read('~/a');
  await axium.fs.write('~/a', '');
  await axium.config('a');
  await axium.privileged('governor');
  await axium.hud('x');
  await axium.storage.get('x');
  axium.every('5m', () => {});
  events.on('shutdown', () => {});
};
`;

describe('spoke types', () => {
  test.each<[string, string, readonly number[]]>([
    ['nothing', '', [3, 4, 5, 6, 7, 8, 9]],
    ['a part', 'permissions:\n  notify: true\n  fs_read: [~/a]\n  exec: [ls]\n', [5, 7, 9]],
    [
      'everything',
      'permissions:\n  notify: true\n  exec: true\n  facts: true\n  fs_read: [~/a]\n  fs_write: [~/a]\n  privileged: [governor]\n',
      [],
    ],
    [
      'another action of root',
      'permissions:\n  notify: true\n  exec: true\n  facts: true\n  fs_read: [~/a]\n  fs_write: [~/a]\n  privileged: [other]\n',
      [9],
    ],
  ])('of a manifest that declares %s has the other calls fail to compile', async (_what, rights, lines) => {
    const world = await makeWorld();
    const directory = project(world, { 'spoke.yaml': manifest(rights), 'calls.ts': CALLS });
    expect(await axium(world, 'spoke', 'types', directory)).toEqual({
      code: 0,
      stdout: '~/x/spoke.d.ts\n',
      stderr: '',
    });
    const errors = compile(directory);
    expect(
      errors
        .filter((line) => !line.startsWith(' '))
        .map((line) => /^calls\.ts\((\d+),\d+\): error TS/.exec(line)?.[1]),
    ).toEqual(lines.map(String));
    if (lines.includes(3)) {
      expect(errors.slice(0, 2).join('\n')).toBe(
        `calls.ts(3,15): error TS2349: This expression is not callable.\n  Type 'Undeclared<"notify: true">' has no call signatures.`,
      );
    }
  });

  test('writes over what it wrote before, and over nothing else', async () => {
    const world = await makeWorld();
    const directory = project(world, { 'spoke.yaml': manifest('') });
    await axium(world, 'spoke', 'types', directory);
    writeFileSync(`${directory}/spoke.yaml`, manifest('permissions: {notify: true}\n'));
    expect(await axium(world, 'spoke', 'types', directory)).toMatchObject({ code: 0 });
    expect(readFileSync(`${directory}/spoke.d.ts`, 'utf8')).not.toContain('notify');
    writeFileSync(`${directory}/spoke.d.ts`, 'mine');
    expect(await axium(world, 'spoke', 'types', directory)).toMatchObject({
      code: 1,
      stderr: 'axium: ~/x/spoke.d.ts is not one of ours; move it away first\n',
    });
  });

  test('writes by no link, whether it leads to something or not', async () => {
    const world = await makeWorld();
    const directory = project(world, { 'spoke.yaml': manifest('') });
    symlinkSync(`${world.home}/elsewhere`, `${directory}/spoke.d.ts`);
    expect(await axium(world, 'spoke', 'types', directory)).toMatchObject({
      code: 1,
      stderr: 'axium: ~/x/spoke.d.ts is not one of ours; move it away first\n',
    });
    expect(existsSync(`${world.home}/elsewhere`)).toBe(false);
  });
});

test('whoever imports the types of the package, or its test kit, finds them', async () => {
  const world = await makeWorld();
  const directory = project(world, {
    'spoke.yaml': manifest(''),
    'all.ts': `import type { Axium, Events, Register } from 'axium/spoke';
import { openSpoke, runSpoke, matchers, type Fault, type RunOptions, type SpokeRun } from 'axium/testing';
export const register: Register = async (axium: Axium, events: Events) => { events.on('shutdown', () => axium.hud('')); };
const options: RunOptions = { deny: ['notify'], files: { '~/a': 'x' }, clock: new Date(0), level: 'strong' };
export const run: Promise<SpokeRun> = runSpoke('.', options);
export const faults: Promise<readonly Fault[]> = openSpoke(new URL('file:///x')).faults();
export const { toHaveNotified } = matchers;
`,
    'main.mjs': `/** @type {import('axium/spoke').Register} */
export async function register(axium) {
  await axium.notify({ titel: 'x' });
}
`,
  });
  writeFileSync(
    `${directory}/tsconfig.json`,
    TSCONFIG.replace('"types": []', '"types": ["node"], "lib": ["ES2023"], "skipLibCheck": true'),
  );
  symlinkSync(`${PACKAGE}/node_modules/@types`, `${directory}/node_modules/@types`);
  const errors = compile(directory).filter((line) => !line.startsWith(' '));
  expect(errors.map((line) => line.slice(0, 50))).toEqual([
    expect.stringMatching(/^main\.mjs\(3,24\): error TS/),
  ]);
});
