import { lstat, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SERVICE } from '../schemas/service.ts';
import type { Context } from './context.ts';
import { CliError, EXIT } from './exit.ts';

/** Where the unit of this user lies. With AXIUM_HOME there is none: see refuseOwnHome. */
export function unitPath({ places }: Context): string {
  return `${dirname(places.config)}/systemd/user/${SERVICE}`;
}

const MARK = "# Written by 'axium daemon install'";
const MAX_UNIT_BYTES = 65_536;

/**
 * The text of the unit that lies there, which `axium daemon install` has written; null where there is no file. Throws
 * CliError for everything else under that name, which is not ours to replace or to remove.
 */
export async function readOwnUnit(path: string): Promise<string | null> {
  const found = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
    throw error;
  });
  if (found === null) return null;
  const foreign = (what: string) =>
    new CliError(
      EXIT.no,
      `${path}: expected no file or one that 'axium daemon install' has written, found ${what}; move it away first`,
    );
  // A link to /dev/null masks the unit; any other leads to a file that somebody keeps elsewhere.
  if (found.isSymbolicLink()) throw foreign('a link');
  if (!found.isFile() || found.size > MAX_UNIT_BYTES) throw foreign('something else');
  const text = await readFile(path, 'utf8');
  if (!text.startsWith(MARK)) throw foreign('another unit');
  return text;
}

export interface UnitInput {
  /** The absolute path of the node that runs the daemon. */
  readonly node: string;
  /** The directory of the installed package. */
  readonly root: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Where the daemon and the command must agree, though the service manager knows nothing of this shell. */
const CARRIED = ['XDG_CONFIG_HOME', 'XDG_STATE_HOME'] as const;

/** The text of the unit for this installation. Throws CliError for a path that a unit cannot hold. */
export async function makeUnit({ node, root, env }: UnitInput): Promise<string> {
  const template = await readFile(`${root}/packaging/systemd/${SERVICE}`, 'utf8');
  const environment = CARRIED.flatMap((name) => {
    const value = env[name];
    return value?.startsWith('/') ? [`Environment=${quoted(`${name}=${checked(value)}`)}\n`] : [];
  });
  return template
    .replace('{environment}\n', () => environment.join(''))
    .replace('{node} {package}/dist/core/main.js', () =>
      [node, `${root}/dist/core/main.js`].map((path) => quoted(checked(path))).join(' '),
    );
}

/** What no program of a unit may have in its path, or what has a meaning in one place of a unit and none in another. */
function checked(path: string): string {
  if (!/[$"'\\\u0000-\u001f\u007f]/.test(path)) return path;
  throw new CliError(
    EXIT.configuration,
    `${path}: expected a path without '$', quotes, backslashes and control characters, for a unit cannot hold them; use another directory`,
  );
}

/** A word of a unit, so that systemd reads exactly this: see systemd.syntax(7) and systemd.unit(5). */
function quoted(word: string): string {
  const escaped = word.replaceAll('%', '%%');
  return /^[\w@+=:,./%-]+$/.test(word) ? escaped : `"${escaped}"`;
}
