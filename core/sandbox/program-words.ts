import type { Stats } from 'node:fs';
import { AxiumError } from '../errors.ts';
import type { Powers } from '../powers.ts';
import { BOOTSTRAP, type Runtime, type SpokeProgram } from './sandbox.ts';

/** Where a process finds what it is started with; inside a sandbox these are other paths than outside. */
export interface ProgramPlaces {
  readonly node: string;
  /** The directories of the runtime for Node and of that for Python. */
  readonly runtime: string;
  readonly python: string;
  readonly spoke: string;
}

type Seen = Pick<Powers, 'filesNow'>;

/**
 * The words that start a spoke, for whatever runs its code. Throws `unavailable` where this host has nothing to run it
 * with.
 */
export function programWords(
  { filesNow }: Seen,
  { permissionFlags }: Pick<Runtime, 'permissionFlags'>,
  { module, runtime = 'node' }: SpokeProgram,
  at: ProgramPlaces,
): readonly string[] {
  switch (runtime) {
    case 'node':
      return [at.node, ...permissionFlags([at.spoke, at.runtime]), `${at.runtime}/${BOOTSTRAP}`];
    case 'python':
      return [findPython({ filesNow }), ...PYTHON_FLAGS, `${at.python}/bootstrap.py`];
    case 'exec':
      return [`${at.spoke}/${module}`];
  }
}

/** Nothing of the environment, nothing of a user's own packages, no files of compiled code, and text as it comes. */
const PYTHON_FLAGS = ['-I', '-B', '-u', '-X', 'utf8'] as const;

/** Never looked up: a PATH can be anybody's. */
const PYTHONS = ['/usr/bin/python3', '/usr/local/bin/python3'] as const;

/** The Python that runs spokes. Throws `unavailable` where there is none. */
export function findPython({ filesNow }: Seen): string {
  for (const path of PYTHONS) {
    const stat = lookAt(filesNow, path);
    // One that somebody else can exchange would run in the place of what was meant.
    if (stat?.isFile() && stat.uid === 0 && (stat.mode & 0o022) === 0) return path;
  }
  throw new AxiumError(
    'unavailable',
    `runtime: python needs Python 3; expected ${PYTHONS.join(' or ')}, root's alone, found neither; install the package python3`,
  );
}

function lookAt(filesNow: Powers['filesNow'], path: string): Stats | null {
  try {
    return filesNow.statSync(path);
  } catch {
    return null;
  }
}
