import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { expect, test } from 'vitest';
import { PACKAGE } from '../cli/support/cli.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';
import { readPage } from './markdown.ts';

/** What an example is written in: the options of the project, but for those that authors of plain JavaScript go without. */
const TSCONFIG = {
  compilerOptions: {
    ...{ target: 'ES2023', lib: ['ES2023'], module: 'NodeNext', types: ['node'], strict: true, noEmit: true },
    ...{ allowJs: true, checkJs: true, skipLibCheck: true, useUnknownInCatchVariables: false },
    typeRoots: [`${PACKAGE}/node_modules/@types`],
  },
  include: ['*.mjs', '*.d.ts'],
};

/** What an example that is no whole module takes as given. */
const GIVEN = `declare const axium: import('axium/spoke').Axium;
declare const events: import('axium/spoke').Events;
declare const spoke: ReturnType<typeof import('axium/testing').openSpoke>;
declare const test: typeof import('node:test').test;
declare const state: unknown;
declare const check: () => void;
`;

interface Example {
  /** Where it stands, as a name of a file. */
  readonly name: string;
  readonly code: string;
}

/** The blocks of JavaScript of the pages; those of docs/api.md are made of the next ones. */
function blocksOfPages(): readonly Example[] {
  const pages = ['README.md', ...readdirSync(`${PACKAGE}/docs`).map((name) => `docs/${name}`)];
  return pages
    .filter((path) => path.endsWith('.md') && path !== 'docs/api.md')
    .flatMap((path) => {
      const blocks = readPage(path).blocks.filter(({ language }) => language === 'js');
      return blocks.map(({ body }, at) => ({ name: `${basename(path)}-${at + 1}`, code: body }));
    });
}

/** What stands behind each `@example` of a source file, in backticks or as a block. */
function examplesOf(path: string): readonly Example[] {
  const text = readFileSync(`${PACKAGE}/${path}`, 'utf8');
  const found = text.matchAll(/@example(?: `(?<line>[^\n]*)`$|\n *\* ```js\n(?<block>.*?)^ *\* ```$)/gms);
  return [...found].map(({ groups: { line, block } = {}, index }) => ({
    name: `${basename(path)}-line-${text.slice(0, index).split('\n').length}`,
    code: line ?? (block ?? '').replaceAll(/^ *\* ?/gm, '').replaceAll('*\\/', '*/'),
  }));
}

/** The example as a module: what it exports is a spoke's entrypoint, and so typed. */
function moduleOf(code: string): string {
  if (!/^(?:export|import) /m.test(code)) return `export {};\n${code}`;
  return code.replace(
    /^(?=export (?:async )?function register\b)/m,
    "/** @type {import('axium/spoke').Register} */\n",
  );
}

/** What the compiler says, a line an error. */
function compile(examples: readonly Example[]): readonly string[] {
  const directory = makeTemporaryDirectory();
  mkdirSync(`${directory}/node_modules`);
  symlinkSync(PACKAGE, `${directory}/node_modules/axium`);
  writeFileSync(`${directory}/tsconfig.json`, JSON.stringify(TSCONFIG));
  writeFileSync(`${directory}/given.d.ts`, GIVEN);
  for (const { name, code } of examples) writeFileSync(`${directory}/${name}.mjs`, moduleOf(code));
  const { stdout } = spawnSync(`${PACKAGE}/node_modules/.bin/tsc`, ['-p', directory, '--pretty', 'false'], {
    cwd: directory,
    encoding: 'utf8',
  });
  return stdout.split('\n').filter((line) => line !== '');
}

test('every example for authors is one that the types of the calls allow', () => {
  const [ofPages, ofCalls] = [blocksOfPages(), examplesOf('spokes/runtime/api.mts')];
  const pages = ofPages.map(({ name }) => name.replace(/-\d+$/, ''));
  expect(pages).toEqual(expect.arrayContaining(['README.md', 'cookbook.md', 'first-spoke.md', 'testing.md']));
  expect(ofCalls).toHaveLength(
    readFileSync(`${PACKAGE}/spokes/runtime/api.mts`, 'utf8').match(/@example/g)?.length ?? -1,
  );
  expect(compile([...ofPages, ...ofCalls])).toEqual([]);
});

test('an example with a call that is not there, or is called otherwise, is told', () => {
  const wrong = [
    "await axium.notfy({ title: 'x' });",
    'await axium.hud(1);',
    "export function register(axium, events) {\n  events.on('shut_down', () => {});\n}",
  ];
  const examples = wrong.map((code, at) => ({ name: `wrong-${at}`, code }));
  expect(compile(examples)).toEqual([
    expect.stringMatching(/^wrong-0\.mjs\(2,13\): error TS\d+: Property 'notfy' does not exist/),
    expect.stringMatching(/^wrong-1\.mjs\(2,17\): error TS\d+: Argument of type 'number'/),
    expect.stringMatching(/^wrong-2\.mjs\(3,13\): error TS\d+: Argument of type '"shut_down"'/),
  ]);
});
