import { constants, type Stats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import type { PathTarget } from '../../schemas/decision.ts';
import { AxiumError, errno } from '../errors.ts';
import type { Powers } from '../powers.ts';
import { askedKernelFs, kernelFsOf } from './kernel-fs.ts';
import { LocalFile, type LocalFiles } from './local-files.ts';
import { O_PATH, type OpenFile, throughHandle } from './open-file.ts';

export { throughHandle };

const DIRECTORY = O_PATH | constants.O_DIRECTORY;

export interface PathPowers {
  readonly files: Powers['files'];
  /** Home directory of the daemon's user. */
  readonly home: string;
  /** The device number of /dev where it is a file system of its own. */
  readonly devfs: number | null;
  /** Opens what is to be read; where it is not given, all that is asked of a file is asked of a thread. */
  readonly local?: LocalFiles;
}

/** A file that was found, or not; `handle` is null where it was not. */
export interface FoundFile {
  readonly target: PathTarget;
  readonly handle: OpenFile | null;
  readonly stat: Stats | null;
}

/**
 * Opens what a path leads to, without reading it, and tells what that really is. A path that leads nowhere, or where the
 * daemon may not look, resolves to its nearest directory and the rest: so that "not there" is decided like "there".
 */
export async function resolveForReading(
  { files, devfs, local }: PathPowers,
  asked: string,
): Promise<FoundFile> {
  refuseDeep(asked);
  const opening: Promise<OpenFile> = local ? local.open(asked) : files.open(asked, O_PATH);
  const handle = await opening.catch(nullIfNowhere);
  if (handle === null) {
    const { real, kernelFs } = await whereItWouldBe({ files, devfs }, asked, asked);
    return { target: { kind: 'path', asked, real, found: 'missing', kernelFs }, handle: null, stat: null };
  }
  try {
    const stat = await handle.stat();
    // What such a name leads to need not have a path, and is refused by its name alone.
    const named = askedKernelFs(asked);
    if (named !== null) {
      return {
        target: { kind: 'path', asked, real: asked, found: kindOf(stat), kernelFs: named },
        handle,
        stat,
      };
    }
    const real = await realPathOf(files, handle, stat);
    const kernelFs = await kernelFsOf(files, { handle, device: stat.dev, asked }, devfs);
    return { target: { kind: 'path', asked, real, found: kindOf(stat), kernelFs }, handle, stat };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

const MAX_LINKS = 40;

/** Of a path that leads nowhere every name may be tried, so their number is what it costs. */
const MAX_NAMES = 256;

/** Told of the name alone, so that it says nothing of what is there. */
function refuseDeep(asked: string): void {
  if (namesIn(asked) > MAX_NAMES)
    throw new AxiumError('invalid', `path: expected at most ${MAX_NAMES} names between slashes`);
}

function namesIn(path: string): number {
  return path.split('/').filter((name) => name !== '').length;
}

/** The path at which a file would be that is not there. */
async function whereItWouldBe(
  powers: Omit<PathPowers, 'home'>,
  path: string,
  asked: string,
): Promise<{ readonly real: string; readonly kernelFs: string | null }> {
  const { directory, directoryReal, missing, kernelFs } = await placeFor(powers, path, { asked });
  await directory.close();
  return { real: joinPath(directoryReal, missing), kernelFs };
}

/**
 * The nearest directory to where a path leads, and the names from there. A link that leads nowhere is followed by its
 * text, so that what it leads to is decided on alike whether it is there or not; with `keepName` all but the last name.
 */
async function placeFor(
  powers: Omit<PathPowers, 'home'>,
  path: string,
  options: { readonly asked: string; readonly keepName?: boolean },
  links = 0,
): Promise<Place> {
  const place = await nearestDirectory(powers, path, options.asked);
  const { directory, directoryReal, missing } = place;
  const [first = '', ...below] = missing;
  if ((options.keepName && below.length === 0) || links >= MAX_LINKS) return place;
  const text = await powers.files.readlink(`${throughHandle(directory)}/${first}`).catch(() => null);
  if (text === null) return place;
  const base = text.startsWith('/') ? text : `${directoryReal}/${text}`;
  const next = withoutDots(`${base}/${below.join('/')}`);
  if (namesIn(next) > MAX_NAMES) return place;
  await directory.close();
  return placeFor(powers, next, options, links + 1);
}

function withoutDots(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

/** Where a file is to be written: an open directory, the directories still to be made below it, and the name. */
export interface Destination {
  readonly target: PathTarget;
  readonly directory: FileHandle;
  readonly missing: readonly string[];
  readonly name: string;
}

/**
 * Opens the directory that a file is to be written in, or the nearest one that is there. The name itself is looked at
 * and never followed: a symlink in its place makes the target special, which no rule covers.
 */
export async function resolveForWriting({ files, devfs }: PathPowers, asked: string): Promise<Destination> {
  refuseDeep(asked);
  const place = await placeFor({ files, devfs }, asked, { asked, keepName: true });
  const { directory, directoryReal, missing, kernelFs } = place;
  try {
    const name = missing.at(-1);
    if (name === undefined)
      throw new AxiumError('invalid', 'path: expected the name of a file, found a directory');
    const there = missing.length > 1 ? null : await lookAt(files, directory, name);
    const target: PathTarget = {
      kind: 'path',
      asked,
      real: joinPath(directoryReal, missing),
      found: there === null ? 'missing' : kindOf(there),
      kernelFs,
    };
    return { target, directory, missing: missing.slice(0, -1), name };
  } catch (error) {
    await directory.close();
    throw error;
  }
}

/** What lies under a name in an open directory, without following it. Null where there is nothing. */
export async function lookAt(
  files: Powers['files'],
  directory: FileHandle,
  name: string,
): Promise<Stats | null> {
  return files.lstat(`${throughHandle(directory)}/${name}`).catch(nullIfNowhere);
}

/** An open directory that is there, where it really is, and the names below it that are not. */
interface Place {
  readonly directory: FileHandle;
  readonly directoryReal: string;
  readonly missing: readonly string[];
  readonly kernelFs: string | null;
}

/**
 * The nearest directory above a path, and the names from there. For a path that ends in an existing directory that is
 * its parent, so the last name is always in `missing`.
 */
async function nearestDirectory(
  { files, devfs }: Omit<PathPowers, 'home'>,
  path: string,
  asked: string,
): Promise<Place> {
  const missing: string[] = [];
  let at = path;
  while (at !== '/') {
    const cut = at.lastIndexOf('/');
    missing.unshift(at.slice(cut + 1));
    at = at.slice(0, cut) || '/';
    const directory = await files.open(at, DIRECTORY).catch(nullIfNowhere);
    if (directory === null) continue;
    try {
      const stat = await directory.stat();
      const directoryReal = await realPathOf(files, directory, stat);
      const kernelFs = await kernelFsOf(files, { handle: directory, device: stat.dev, asked }, devfs);
      return { directory, directoryReal, missing, kernelFs };
    } catch (error) {
      await directory.close();
      throw error;
    }
  }
  const directory = await files.open('/', DIRECTORY);
  return { directory, directoryReal: '/', missing, kernelFs: null };
}

/** Errors that mean that the path leads nowhere, as far as the daemon can see. */
function isNowhere(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP', 'ENAMETOOLONG', 'ENXIO'].includes(errno(error));
}

function nullIfNowhere(error: unknown): null {
  if (isNowhere(error)) return null;
  throw error;
}

/** The path of what was opened, as the kernel tells it now. */
async function realPathOf(files: Powers['files'], handle: OpenFile, stat: Stats): Promise<string> {
  const real = handle instanceof LocalFile ? handle.name() : await files.readlink(throughHandle(handle));
  // A removed or unreachable file has a text here that is no path of it; it must not be matched as one.
  if (!real.startsWith('/') || stat.nlink === 0 || !(await leadsTo(files, real, stat))) {
    throw new AxiumError('denied', 'the file was moved or removed while it was being opened; try again');
  }
  return real;
}

async function leadsTo(files: Powers['files'], real: string, stat: Stats): Promise<boolean> {
  if (!real.endsWith(' (deleted)')) return true;
  const there = await files.lstat(real).catch(() => null);
  return there !== null && there.ino === stat.ino && there.dev === stat.dev;
}

function kindOf(stat: Stats): PathTarget['found'] {
  if (stat.isFile()) return 'file';
  return stat.isDirectory() ? 'directory' : 'special';
}

function joinPath(directory: string, names: readonly string[]): string {
  return `${directory === '/' ? '' : directory}/${names.join('/')}`;
}
