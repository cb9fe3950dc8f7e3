import { constants } from 'node:fs';
import { type Manifest, manifestSchema, type RuntimeName } from '../../schemas/manifest.ts';
import { permissionBlockSchema } from '../../schemas/permissions.ts';
import { didYouMean } from '../did-you-mean.ts';
import { errno } from '../errors.ts';
import type { Remark } from '../policy/layer.ts';
import { compileLayer } from '../policy/layer.ts';
import type { Layer } from '../policy/policy.ts';
import type { Powers } from '../powers.ts';
import { validate } from './explain-issue.ts';
import { type Owners, ownersFor, type RegistryPowers } from './owners.ts';
import { patternProblems } from './pattern-problems.ts';
import { InvalidFile, wholeFile } from './problem.ts';
import { readText } from './read-text.ts';
import { fingerprintTree } from './spoke-tree.ts';
import { findStrangersBelow } from './trusted-tree.ts';
import { findStranger } from './trusted-way.ts';
import { parseYaml } from './yaml-document.ts';

export const MANIFEST_FILE = 'spoke.yaml';
const MAX_BYTES = 65_536;

/** A spoke as its directory declares it: valid, its rights compiled, its entry module known to be there. */
export interface LoadedManifest {
  readonly manifest: Manifest;
  readonly file: string;
  readonly directory: string;
  /** The entry module, or for the runtime exec the program, relative to the directory and with its ending. */
  readonly module: string;
  /** Empty for the runtime exec. */
  readonly function: string;
  readonly base: Layer;
  readonly warnings: readonly Remark[];
  /** The text of spoke.yaml, and a mark of all files in the directory, by which a change is told. */
  readonly text: string;
  readonly fingerprint: string;
  /** It came with Axium. */
  readonly bundled?: true;
}

/** Whether two are the same version of the same spoke, the files of its directory included. */
export function isSameVersion(one: LoadedManifest, other: LoadedManifest): boolean {
  return (
    one.text === other.text &&
    one.directory === other.directory &&
    one.module === other.module &&
    one.fingerprint === other.fingerprint &&
    one.bundled === other.bundled
  );
}

/**
 * Loads the manifest of one directory. Throws InvalidFile with every problem; null where there is no `spoke.yaml`.
 * Patterns of a manifest see the home directory, never the daemon's environment. Code that somebody else than `owners`
 * could exchange is refused: it would run with this spoke's rights. What `known` has of the same text is taken from it:
 * to read ten thousand patterns anew takes 30 MiB.
 */
export async function loadManifest(
  { files, uid, stripsTypes = false }: RegistryPowers,
  directory: string,
  home: string,
  owners: Owners | null = ownersFor({ uid }),
  known: readonly LoadedManifest[] = [],
): Promise<LoadedManifest | null> {
  const file = `${directory}/${MANIFEST_FILE}`;
  const read = await readText(files, file, { maxBytes: MAX_BYTES, follow: false, owners });
  if (read === null) return null;
  // Before anything is judged: what changes from here on is a change.
  const fingerprint = await fingerprintTree(files, directory).catch((error: unknown) => {
    throw new InvalidFile([wholeFile(directory, `cannot be read (${errno(error) || 'unknown error'})`)]);
  });
  await refuseStrangers(files, directory, owners);
  const { manifest, base, warnings } =
    known.find((one) => one.file === file && one.text === read.text) ?? readManifest(file, read.text, home);
  const [stem = '', functionName = ''] = manifest.entrypoint.split(':');
  const entry = await findEntry({ files, stripsTypes }, directory, manifest.runtime, stem);
  if ('missing' in entry) {
    const document = parseYaml(file, read.text);
    throw new InvalidFile([document.problemAt(document.locate(['entrypoint']), entry.missing)]);
  }
  const { module } = entry;
  return {
    ...{ manifest, file, directory, module, base, warnings, fingerprint },
    function: functionName,
    text: read.text,
  };
}

/** What a text says and nothing else: no file is looked at. Throws InvalidFile with every problem. */
function readManifest(
  file: string,
  text: string,
  home: string,
): Pick<LoadedManifest, 'manifest' | 'base' | 'warnings'> {
  const document = parseYaml(file, text);
  const checked = validate(document, manifestSchema);
  if ('problems' in checked) {
    const terms = { source: 'base', expansion: { home } } as const;
    const inPatterns = patternProblems(document, ['permissions'], permissionBlockSchema, terms);
    throw new InvalidFile([...checked.problems, ...inPatterns]);
  }
  const manifest = checked.value;
  const compiled = compileLayer({
    block: manifest.permissions,
    source: 'base',
    locate: (path) => document.locate(['permissions', ...path]),
    expansion: { home },
  });
  if (compiled.problems.length > 0) {
    throw new InvalidFile(
      compiled.problems.map(({ origin, message }) => document.problemAt(origin, message)),
    );
  }
  return { manifest, base: compiled.layer, warnings: compiled.warnings };
}

/** The manifest of a directory that was told to hold one. */
export async function requireManifest(
  powers: RegistryPowers,
  directory: string,
  home: string,
  owners: Owners | null = ownersFor(powers),
  known: readonly LoadedManifest[] = [],
): Promise<LoadedManifest> {
  const loaded = await loadManifest(powers, directory, home, owners, known);
  if (loaded === null)
    throw new InvalidFile([wholeFile(`${directory}/${MANIFEST_FILE}`, 'there is no such file')]);
  return loaded;
}

/** Throws InvalidFile where somebody else could exchange the directory of a spoke, or change anything in it. */
async function refuseStrangers(
  files: Powers['files'],
  directory: string,
  owners: Owners | null,
): Promise<void> {
  if (owners === null) return;
  const onTheWay = await findStranger(files, directory, owners);
  const problems = onTheWay ? [onTheWay] : await findStrangersBelow(files, directory, owners);
  if (problems.length > 0) throw new InvalidFile(problems);
}

/** The endings that an entry module may have, the first that is there counting; a program has whatever it has. */
const ENDINGS: Readonly<Record<RuntimeName, readonly string[]>> = {
  node: ['.js', '.mjs', '.cjs', '.ts', '.mts'],
  python: ['.py'],
  exec: [''],
};

const IS_TYPESCRIPT = /\.m?ts$/;

async function findEntry(
  { files, stripsTypes }: Pick<Powers, 'files' | 'stripsTypes'>,
  directory: string,
  runtime: RuntimeName,
  stem: string,
): Promise<{ readonly module: string } | { readonly missing: string }> {
  const endings = ENDINGS[runtime];
  const hasEnding = endings.some((ending) => stem.endsWith(ending));
  const names = hasEnding ? [stem] : endings.map((ending) => `${stem}${ending}`);
  const told = names.filter((name) => hasEnding || stripsTypes || !IS_TYPESCRIPT.test(name));
  for (const name of names) {
    if (!(await isReadable(files, `${directory}/${name}`))) continue;
    if (runtime === 'node' && IS_TYPESCRIPT.test(name) && !stripsTypes)
      return { missing: compileFirst(name, directory) };
    if (runtime !== 'exec' || (await isAccessible(files, `${directory}/${name}`, constants.X_OK))) {
      return { module: name };
    }
    return {
      missing: `'${name}' cannot be executed; once you trust it, run: chmod u+x ${directory}/${name}`,
    };
  }
  const what = runtime === 'exec' ? 'program' : 'entry module';
  const expected = `the ${what} '${stem}' is not there; expected ${told.join(', ')} in the same directory`;
  return { missing: `${expected}${await suggestion(files, directory, stem, endings)}` };
}

function compileFirst(name: string, directory: string): string {
  const add = `axium spoke add ${directory}`;
  return `'${name}' is TypeScript, which the Node that runs Axium does not run; it takes Node 22.18 or later, or JavaScript: '${add}' and 'axium spoke pack' compile it`;
}

/** The entry that was probably meant, of those that lie where this one should. */
async function suggestion(
  files: Powers['files'],
  directory: string,
  stem: string,
  endings: readonly string[],
): Promise<string> {
  const slash = stem.lastIndexOf('/') + 1;
  const folder = stem.slice(0, slash);
  const names = await files.readdir(`${directory}/${folder}`).catch((): string[] => []);
  const there = names.flatMap((name) => {
    const ending = endings.find((one) => name.endsWith(one));
    const known = ending === undefined || name === MANIFEST_FILE || name === `${stem.slice(slash)}${ending}`;
    return known ? [] : [name.slice(0, name.length - (ending ?? '').length)];
  });
  const said = didYouMean(stem.slice(slash), [...new Set(there)].slice(0, MAX_SUGGESTED));
  return said.startsWith('; did you mean') ? said.replace("'", `'${folder}`) : '';
}

const MAX_SUGGESTED = 100;

/** A regular file and no link: it could lead out of what the spoke sees. */
async function isReadable(files: Powers['files'], path: string): Promise<boolean> {
  const found = await files.lstat(path).catch(() => null);
  return found?.isFile() === true && (await isAccessible(files, path, constants.R_OK));
}

async function isAccessible(files: Powers['files'], path: string, mode: number): Promise<boolean> {
  return files.access(path, mode).then(
    () => true,
    () => false,
  );
}
