import type { Readable, Writable } from 'node:stream';
import { isWithin } from '../../schemas/path-text.ts';
import { type Scope, SYSTEM_DIRECTORIES } from '../../schemas/scope.ts';
import { BWRAP } from '../host-programs.ts';
import type { Powers } from '../powers.ts';
import { followStatus } from './launcher-status.ts';
import type { CommandInput } from './run-command.ts';
import { type SystemDirectory, scopedWords } from './scoped-words.ts';

export interface ConfineInput {
  readonly powers: Pick<Powers, 'files' | 'filesNow'>;
  readonly home: string;
  /** Directories that no scoped command finds, by their real paths: those within the system are covered there. */
  readonly keepOut: readonly string[];
  /** Opens the filter of scoped commands anew. The descriptor is closed here. */
  readonly openFilter: () => number;
}

/**
 * Makes a command one that finds its scope and nothing else, for one start. `done` is called once that has been tried:
 * the descriptors are the launcher's own then.
 */
export type Confine = (
  input: CommandInput,
  scope: Scope,
) => { readonly input: CommandInput; readonly done: () => void };

/** Descriptors of the launcher, the first that it has beside the three of the command. */
const FD = { filter: 3, words: 4, status: 5, binds: 6 } as const;

/** Confines commands by bubblewrap, with namespaces of every kind and the filter. */
export async function confinement({ powers, home, keepOut, openFilter }: ConfineInput): Promise<Confine> {
  const system = await systemDirectories(powers.files);
  const hidden = keepOut.filter((path) => SYSTEM_DIRECTORIES.some((directory) => isWithin(path, directory)));
  return (input, scope) => {
    const filter = openFilter();
    const descriptorOf = (bind: Scope['binds'][number]) => FD.binds + scope.binds.indexOf(bind);
    const words = scopedWords({ home, system, hidden, scope, descriptorOf, filter: FD.filter });
    return {
      input: {
        ...input,
        // By a descriptor and not as words of its own: a list of paths can be longer than words may be, and what the
        // launcher was started with can be read by the command.
        argv: [BWRAP, '--args', String(FD.words), '--json-status-fd', String(FD.status), '--', ...input.argv],
        cwd: '/',
        launcher: {
          descriptors: [filter, 'pipe', 'pipe', ...scope.binds.map(({ fd }) => fd)],
          attach: ([, told, status]) => {
            (told as Writable | null)?.on('error', () => {}).end(words.map((word) => `${word}\0`).join(''));
            return followStatus(status as Readable | null);
          },
        },
      },
      done: () => powers.filesNow.closeSync(filter),
    };
  };
}

async function systemDirectories(files: Powers['files']): Promise<readonly SystemDirectory[]> {
  const looked = await Promise.all(
    SYSTEM_DIRECTORIES.map(async (path): Promise<SystemDirectory | null> => {
      const stat = await files.lstat(path).catch(() => null);
      if (stat === null) return null;
      return { path, link: stat.isSymbolicLink() ? await files.readlink(path) : null };
    }),
  );
  return looked.filter((one) => one !== null);
}
