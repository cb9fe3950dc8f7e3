import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { basename, resolve } from 'node:path';
import type { AuthorReplies, SpokeLook } from '../schemas/author.ts';
import { homeOf } from '../schemas/places.ts';
import { checkExport } from './author/check-export.ts';
import { checkSyntax } from './author/check-syntax.ts';
import { collectFiles } from './author/collect-files.ts';
import { compileTypes, hasTypes, loadStripTypes } from './author/compile-types.ts';
import { exchange } from './author/exchange.ts';
import { placeFiles, updateFiles } from './author/place-files.ts';
import { MAX_ARCHIVE, readArchive } from './author/read-archive.ts';
import type { SpokeFile } from './author/spoke-files.ts';
import { writeArchive } from './author/write-archive.ts';
import { AxiumError, errno } from './errors.ts';
import { closeInheritedDescriptors } from './inherited-descriptors.ts';
import { nodePowers } from './node-powers.ts';
import { type LoadedManifest, MANIFEST_FILE, requireManifest } from './registry/load-manifest.ts';
import { NO_OVERRIDES } from './registry/load-overrides.ts';
import { InvalidFile } from './registry/problem.ts';
import { createRights } from './registry/rights.ts';
import { spokePermissions } from './registry/spoke-permissions.ts';
import { parseYaml } from './registry/yaml-document.ts';

/**
 * A one-shot process that the CLI starts for those who write, publish and install spokes. It runs nothing of a spoke and
 * prints one line of JSON: `look` checks a directory, `stage` keeps another directory at what would run of it, `pack`
 * makes an archive, `unpack` puts a directory or an archive that anybody may have made into a directory that it makes,
 * `exchange` lets two directories change their names.
 */
closeInheritedDescriptors(fs, -1);

const silent = () => {};
const powers = nodePowers(process, { info: silent, warn: silent, error: silent });
const { files } = powers;
const home = homeOf(process.env, () => userInfo().homedir);

const TASKS: Readonly<{
  [T in keyof AuthorReplies]: (from: string, to: string) => Promise<AuthorReplies[T]>;
}> = {
  look: (from) => withScratch(async (scratch) => lookAt(await sourcesOf(from), scratch, from)),
  stage,
  pack,
  unpack,
  exchange: async (coming, there) => {
    await exchange(powers, coming, there);
    return { ok: true };
  },
};

const [task = '', from = '', to = ''] = process.argv.slice(2);
const answer = Object.hasOwn(TASKS, task)
  ? await TASKS[task as keyof AuthorReplies](resolve(from), resolve(to)).catch(failure)
  : { ok: false, code: 'unknown_command', error: `expected one of ${Object.keys(TASKS).join(', ')}` };
process.stdout.write(`${JSON.stringify(answer)}\n`);

function failure(error: unknown) {
  const code =
    error instanceof InvalidFile ? 'failed' : error instanceof AxiumError ? error.code : systemCode(error);
  return { ok: false, code, error: error instanceof Error ? error.message : String(error) };
}

/** A disk that is full, or a directory that is not the user's, is no defect. */
function systemCode(error: unknown): string {
  return errno(error) === '' ? 'internal' : 'failed';
}

async function stage(from: string, to: string): Promise<AuthorReplies['stage']> {
  const sources = await sourcesOf(from);
  return withScratch(async (scratch) => {
    const look = await lookAt(sources, scratch, from);
    if (look.problems.length > 0) return { ...look, changed: false };
    const before = await collectFiles(files, to).catch(() => []);
    return { ...look, changed: await updateFiles(powers, to, before, await compiled(sources)) };
  });
}

async function pack(from: string, to: string): Promise<AuthorReplies['pack']> {
  const sources = await sourcesOf(from);
  const look = await withScratch((scratch) => lookAt(sources, scratch, from));
  const { name, version } = look.spoke;
  if (!/^[A-Za-z0-9][A-Za-z0-9.+_-]*$/.test(version)) {
    throw new AxiumError(
      'failed',
      `spoke.yaml: version '${version}': expected letters, digits and '. + _ -', since the archive is named for it`,
    );
  }
  const archive = `${to}/${name}-${version}.tgz`;
  if (look.problems.length > 0) return { ...look, archive, sha256: '' };
  const bytes = writeArchive(`${name}-${version}`, withoutOwnPaths(await compiled(sources)));
  await replaceName(archive, bytes);
  return { ...look, archive, sha256: sha256(bytes) };
}

/** Puts a file in the place of whatever has the name: of a link that somebody has put there, too, not of what it leads to. */
async function replaceName(path: string, bytes: Buffer): Promise<void> {
  const coming = `${path}.${powers.randomHex(8)}`;
  try {
    await files.writeFile(coming, bytes, { flag: 'wx' });
    await files.rename(coming, path);
  } finally {
    await files.rm(coming, { force: true });
  }
}

/** Leaves nothing behind where it fails. */
async function unpack(from: string, to: string): Promise<AuthorReplies['unpack']> {
  const { sources, hash } = await sourcesOfAny(from);
  const look = await withScratch((scratch) => lookAt(sources, scratch, from));
  if (look.problems.length > 0) return { ...look, sha256: hash };
  await files.mkdir(to, { mode: 0o700 });
  await placeFiles(powers, to, withoutOwnPaths(await compiled(sources)));
  return { ...look, sha256: hash };
}

async function sourcesOf(directory: string): Promise<readonly SpokeFile[]> {
  const stat = await files.stat(directory).catch(() => null);
  if (!stat?.isDirectory()) throw new AxiumError('not_found', `${directory}: there is no such directory`);
  return collectFiles(files, directory);
}

async function sourcesOfAny(
  from: string,
): Promise<{ readonly sources: readonly SpokeFile[]; readonly hash: string | null }> {
  const stat = await files.stat(from).catch(() => null);
  if (stat === null) throw new AxiumError('not_found', `${from}: there is no such directory or archive`);
  if (stat.isDirectory()) return { sources: await collectFiles(files, from), hash: null };
  if (!stat.isFile() || stat.size > MAX_ARCHIVE) {
    throw new AxiumError(
      'failed',
      `${from}: expected a directory, or an archive of at most ${MAX_ARCHIVE} bytes`,
    );
  }
  const bytes = await files.readFile(from);
  try {
    return { sources: readArchive(bytes), hash: sha256(bytes) };
  } catch (error) {
    if (error instanceof AxiumError) throw new AxiumError(error.code, `${basename(from)}: ${error.message}`);
    throw error;
  }
}

/** What would run: the sources without types. */
async function compiled(sources: readonly SpokeFile[]): Promise<readonly SpokeFile[]> {
  return hasTypes(sources) ? compileTypes(sources, await loadStripTypes()) : sources;
}

/** The line for the author's editor names a path of the author's machine: it stays there. Other lines keep their numbers. */
function withoutOwnPaths(placed: readonly SpokeFile[]): readonly SpokeFile[] {
  return placed.map((file) => {
    if (file.path !== MANIFEST_FILE) return file;
    const text = file.bytes.toString('utf8').replace(/^# yaml-language-server: \$schema=file:.*$/m, '#');
    return { ...file, bytes: Buffer.from(text) };
  });
}

/**
 * Looks at a spoke as the daemon would, in a directory that holds what would run and nothing else. Its manifest is judged
 * before its code. What is wrong is told by the places in `from`.
 */
async function lookAt(
  sources: readonly SpokeFile[],
  scratch: string,
  from: string,
): Promise<AuthorReplies['look']> {
  const strip = await loadStripTypes();
  const problems: string[] = [];
  const would = sources.map((file) => {
    try {
      return hasTypes([file]) ? (compileTypes([file], strip)[0] ?? file) : file;
    } catch (error) {
      if (!(error instanceof AxiumError)) throw error;
      problems.push(error.message);
      return { ...file, path: file.path.replace(/\.m?ts$/, '.mjs') };
    }
  });
  if (problems.length === 0) await compiled(sources);
  await placeFiles(powers, scratch, would);
  const manifest = await requireManifest({ files }, scratch, home).catch((error: unknown) => {
    throw error instanceof InvalidFile
      ? new AxiumError(
          'failed',
          error.message.replaceAll(scratch, fs.statSync(from).isDirectory() ? from : basename(from)),
        )
      : error;
  });
  const input = { powers, node: process.execPath, directory: scratch, strip };
  const javascript = sources.filter(({ path }) => !/\.m?ts$/.test(path));
  const { line, column } = parseYaml(MANIFEST_FILE, manifest.text).locate(['entrypoint']);
  const entry = { function: manifest.function, place: `${MANIFEST_FILE}:${line}:${column}` };
  const isPython = manifest.manifest.runtime === 'python';
  problems.push(
    ...(await checkSyntax(input, javascript, isPython ? { ...entry, path: manifest.module } : null)),
  );
  const code = would.find(({ path }) => path === manifest.module);
  if (manifest.manifest.runtime === 'node' && code !== undefined && problems.length === 0) {
    const written = sources[would.indexOf(code)]?.path ?? code.path;
    const problem = checkExport({ ...entry, code, path: written });
    if (problem !== null) problems.push(problem);
  }
  return { ok: true, spoke: describe(manifest, sources), problems };
}

function describe(spoke: LoadedManifest, sources: readonly SpokeFile[]): SpokeLook {
  const { name, version, description = '', runtime, entrypoint } = spoke.manifest;
  const guard = { neverWrite: [], home };
  const state = { inForce: NO_OVERRIDES, pending: null, problems: [] };
  const rights = createRights({ strict: () => true, guard: () => guard, overrides: () => state });
  const [policy] = rights.of(spoke).policies;
  const told = spokePermissions({ spoke, policy, level: 'not running', permissionsFile: '', remarks: [] });
  const inSpoke = (text: string) => text.replace(`${spoke.directory}/`, '');
  return {
    ...{ name, version, description, runtime, entrypoint },
    permissions: { ...told, warnings: told.warnings.map(inSpoke) },
    files: sources.length,
    bytes: sources.reduce((sum, { bytes }) => sum + bytes.length, 0),
  };
}

async function withScratch<T>(use: (scratch: string) => Promise<T>): Promise<T> {
  const scratch = await files.mkdtemp(`${tmpdir()}/axium-author-`);
  try {
    return await use(scratch);
  } finally {
    await files.rm(scratch, { recursive: true, force: true });
  }
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
