// Makes dist/, which is what is installed, out of build/, which is what was compiled: a few files for the command and a
// few for the daemon, as Node takes longer to find and open several hundred than to run them. Run by `npm run build`.
import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
const [build, dist] = [`${root}/build`, `${root}/dist`];

const RUNTIME = 'spokes/runtime';

/** Machine code, and what only authors need: these stay packages. */
const external = ['koffi', '@swc/wasm-typescript'];
/** What packages that were written as CommonJS go by, in a module. */
const NAMES_OF_COMMONJS = { __filename: 'import.meta.filename', __dirname: 'import.meta.dirname' };
const PACKAGE = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/;

/**
 * What is made into files of its own. The command is CommonJS, which Node starts without its loader of modules. Its entry is
 * one file, and loads all else where that is needed. What runs as root is one file too, and shares none
 * with the daemon.
 *
 * @type {readonly { from: 'cli' | 'core', entries: readonly string[], split: boolean }[]}
 */
const PARTS = [
  { from: 'cli', entries: ['axium'], split: false },
  { from: 'cli', entries: ['prompt'], split: false },
  { from: 'cli', entries: ['main'], split: true },
  { from: 'core', entries: ['main', 'check', 'author', 'testing/index'], split: true },
  { from: 'core', entries: ['executor/main'], split: false },
];
/** What the entry of the command loads. */
const BEHIND_ENTRY = { [`${build}/cli/main.js`]: './main.cjs', [`${build}/cli/prompt.js`]: './prompt.cjs' };

/** A package that is much of what is loaded is a file with its name. */
const LARGE_PACKAGES = {
  name: (/** @type {string} */ id) => basename(packageOf(id) ?? ''),
  debugName: 'packages',
  test: PACKAGE,
  minSize: 50_000,
};

/**
 * V8 keeps a source in memory, with two bytes for each character where one of them is beyond Latin-1. Outside of comments
 * such characters stand in texts and patterns alone, where an escape means the same.
 */
const ONE_BYTE_EACH = {
  name: 'one-byte-each',
  /** @param {unknown} _options @param {import('rolldown').OutputBundle} files */
  generateBundle(_options, files) {
    for (const file of Object.values(files)) {
      if (file.type === 'chunk') file.code = file.code.replace(/[^\0-\xff]/g, escapeUnit);
    }
  },
};

/**
 * For a module of its own that is required, Node makes a namespace with all that it exports, and loads what each of these
 * needs, though nobody asks for it: a twentieth of what the start of a spoke takes. What is had by this call comes as it is.
 */
const BUILTINS_BY_CALL = {
  name: 'builtins-by-call',
  /** @param {unknown} _options @param {import('rolldown').OutputBundle} files */
  generateBundle(_options, files) {
    for (const file of Object.values(files)) {
      if (file.type !== 'chunk') continue;
      file.code = file.code.replace(/\brequire\(("node:[^"]+")\)/g, 'process.getBuiltinModule($1)');
    }
  },
};

/** The files of dist/ that this build has made. @type {Set<string>} */
const made = new Set();
/** The directories of the packages that are in them. @type {Set<string>} */
const packages = new Set();

for (const { from, entries, split } of PARTS) {
  const isCommand = from === 'cli';
  const name = isCommand ? '[name].cjs' : '[name].js';
  const bundle = await rolldown({
    input: Object.fromEntries(entries.map((entry) => [entry, `${build}/${from}/${entry}.js`])),
    platform: 'node',
    plugins: [ONE_BYTE_EACH],
    external: entries[0] === 'axium' ? [...external, ...Object.keys(BEHIND_ENTRY)] : external,
    transform: { define: isCommand ? {} : NAMES_OF_COMMONJS },
  });
  const { output } = await bundle.write({
    dir: `${dist}/${from}`,
    format: isCommand ? 'cjs' : 'esm',
    entryFileNames: name,
    chunkFileNames: name,
    paths: BEHIND_ENTRY,
    // To import would load the loader of modules after all.
    dynamicImportInCjs: false,
    comments: isCommand,
    codeSplitting: split && { groups: [LARGE_PACKAGES] },
    banner: ({ name }) => (name === 'axium' ? '#!/usr/bin/env node' : ''),
  });
  await bundle.close();
  for (const file of output) {
    made.add(`${from}/${file.fileName}`);
    if (file.type !== 'chunk') continue;
    for (const id of Object.keys(file.modules)) {
      const directory = packageOf(id);
      if (directory !== null) packages.add(directory);
    }
  }
}
await chmod(`${dist}/cli/axium.cjs`, 0o755);

// What every spoke loads before its own code: one file, that each of them has to open, read and keep in its sandbox. What
// starts a spoke in a thread, of the daemon or of a test, is another, which loads the first. They are CommonJS, so that
// Node's loader of modules, an eighth of the start of a process, is loaded only for a spoke that needs it.
for (const [entry, behind] of [
  ['bootstrap'],
  ['thread', './bootstrap.cjs'],
  ['testing/thread', '../bootstrap.cjs'],
]) {
  const bootstrap = `${build}/${RUNTIME}/bootstrap.mjs`;
  const runtime = await rolldown({
    input: `${build}/${RUNTIME}/${entry}.mjs`,
    platform: 'node',
    plugins: [ONE_BYTE_EACH, BUILTINS_BY_CALL],
    external: behind === undefined ? [] : [bootstrap],
  });
  await runtime.write({
    file: `${dist}/${RUNTIME}/${entry}.cjs`,
    format: 'cjs',
    paths: behind === undefined ? {} : { [bootstrap]: behind },
    dynamicImportInCjs: behind === undefined,
    codeSplitting: false,
    comments: false,
  });
  await runtime.close();
  made.add(`${RUNTIME}/${entry}.cjs`);
}
await copyFile(`${root}/${RUNTIME}/meminfo`, `${dist}/${RUNTIME}/meminfo`);
made.add(`${RUNTIME}/meminfo`);

// The types of everything.
for (const file of await filesIn(build)) {
  if (!/\.d\.m?ts$/.test(file)) continue;
  // An earlier build may have compiled what is no longer there.
  if (!existsSync(`${root}/${file.replace(/\.mjs$/, '.mts').replace(/\.d\.(m?)ts$/, '.$1ts')}`)) continue;
  await mkdir(dirname(`${dist}/${file}`), { recursive: true });
  await copyFile(`${build}/${file}`, `${dist}/${file}`);
  made.add(file);
}

await writeFile(`${dist}/LICENSES.txt`, await licenses([...packages].sort()));
made.add('LICENSES.txt');

for (const file of await filesIn(dist)) if (!made.has(file)) await rm(`${dist}/${file}`);

/** @param {string} unit */
function escapeUnit(unit) {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** The directory of the package that a file is of. @param {string} file */
function packageOf(file) {
  return PACKAGE.exec(file)?.[0] ?? null;
}

/** Every file below a directory, by its path in it. @param {string} directory @returns {Promise<readonly string[]>} */
async function filesIn(directory) {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`.slice(directory.length + 1));
}

/** The licences of packages, which ask to be where their code is. @param {readonly string[]} directories */
async function licenses(directories) {
  const texts = directories.map(async (directory) => {
    const { name, version, license } = JSON.parse(await readFile(`${directory}/package.json`, 'utf8'));
    const file = (await readdir(directory)).find((name) => /^licen[cs]e/i.test(basename(name)));
    if (file === undefined) throw new Error(`${directory}: expected a file with its licence (${license})`);
    return `${name} ${version} (${license})\n\n${(await readFile(`${directory}/${file}`, 'utf8')).trim()}\n`;
  });
  return (await Promise.all(texts)).join(`\n${'-'.repeat(78)}\n\n`);
}
