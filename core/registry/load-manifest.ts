import { constants } from 'node:fs';
import { type Manifest, manifestSchema } from '../../schemas/manifest.ts';
import { errno } from '../errors.ts';
import type { Remark } from '../policy/layer.ts';
import { compileLayer } from '../policy/layer.ts';
import type { Layer } from '../policy/policy.ts';
import type { Powers } from '../powers.ts';
import { validate } from './explain-issue.ts';
import { type Owners, ownersFor, type RegistryPowers } from './owners.ts';
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
  /** The entry module, relative to the directory, with its ending. */
  readonly module: string;
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
 * could exchange is refused: it would run with this spoke's rights.
 */
export async function loadManifest(
  { files, uid }: RegistryPowers,
  directory: string,
  home: string,
  owners: Owners | null = ownersFor({ uid }),
): Promise<LoadedManifest | null> {
  const file = `${directory}/${MANIFEST_FILE}`;
  const read = await readText(files, file, { maxBytes: MAX_BYTES, follow: false, owners });
  if (read === null) return null;
  // Before anything is judged: what changes from here on is a change.
  const fingerprint = await fingerprintTree(files, directory).catch((error: unknown) => {
    throw new InvalidFile([wholeFile(directory, `cannot be read (${errno(error) || 'unknown error'})`)]);
  });
  await refuseStrangers(files, directory, owners);
  const document = parseYaml(file, read.text);
  const checked = validate(document, manifestSchema);
  if ('problems' in checked) throw new InvalidFile(checked.problems);
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
  const [stem = '', functionName = ''] = manifest.entrypoint.split(':');
  const module = await findModule(files, directory, stem);
  if (module === null) {
    const message = `the entry module '${stem}' is not there; expected ${candidates(stem).join(', ')} in the same directory`;
    throw new InvalidFile([document.problemAt(document.locate(['entrypoint']), message)]);
  }
  return {
    manifest,
    file,
    directory,
    module,
    function: functionName,
    base: compiled.layer,
    warnings: compiled.warnings,
    text: read.text,
    fingerprint,
  };
}

/** The manifest of a directory that was told to hold one. */
export async function requireManifest(
  powers: RegistryPowers,
  directory: string,
  home: string,
  owners: Owners | null = ownersFor(powers),
): Promise<LoadedManifest> {
  const loaded = await loadManifest(powers, directory, home, owners);
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

function candidates(stem: string): readonly string[] {
  return /\.(?:js|mjs|cjs)$/.test(stem) ? [stem] : [`${stem}.js`, `${stem}.mjs`, `${stem}.cjs`];
}

async function findModule(files: Powers['files'], directory: string, stem: string): Promise<string | null> {
  for (const name of candidates(stem)) {
    const found = await files.lstat(`${directory}/${name}`).catch(() => null);
    if (found?.isFile() && (await isReadable(files, `${directory}/${name}`))) return name;
  }
  return null;
}

async function isReadable(files: Powers['files'], path: string): Promise<boolean> {
  return files.access(path, constants.R_OK).then(
    () => true,
    () => false,
  );
}
