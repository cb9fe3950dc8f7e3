import type { CommandTarget } from '../../schemas/decision.ts';
import type { GrantedToCommands, Scope } from '../../schemas/scope.ts';
import { mountPoints } from './mount-points.ts';
import type { PathPowers } from './resolve-path.ts';
import { ScopeWalk } from './scope-walk.ts';
import { mayFindProgram } from './scoped-program.ts';

export interface ScopePowers extends PathPowers {
  /** Directories that no scoped command finds, whatever a pattern says. */
  readonly keepOut: () => Promise<readonly string[]>;
  readonly granted: (spoke: string) => Promise<GrantedToCommands>;
}

export interface ResolvedScope {
  readonly scope: Scope;
  /** False once other rules are in force than the scope was made by. */
  readonly stillCounts: () => boolean;
  /** Lets go of what was opened, once. */
  readonly release: () => Promise<void>;
}

const LISTS = ['fs_write', 'fs_read'] as const;

/**
 * Finds out what a scoped command of a spoke is to find beside the system, and holds all of it open: what is bound is
 * what was decided on, whatever lies under its name by then. The program itself is part of it; null where it may not learn
 * whether that is there. Throws `too_large` where that is more than can be bound, and `denied` where the program is withheld.
 */
export async function resolveScope(
  powers: ScopePowers,
  spoke: string,
  command: CommandTarget,
): Promise<ResolvedScope | null> {
  const [granted, keepOut, mounts] = await Promise.all([
    powers.granted(spoke),
    powers.keepOut(),
    mountPoints(powers.files),
  ]);
  if (!(await mayFindProgram(powers, granted, command))) return null;
  const walk = new ScopeWalk({ powers, granted, keepOut, mounts });
  try {
    // What can be written is looked at first: a directory with such a thing in it is not bound as a whole for reading.
    const starts = LISTS.flatMap((list) => granted.starts(list).map((start) => ({ list, ...start })));
    for (const { list, real } of starts) await walk.visit(list, real);
    await walk.addProgram(command.argv[0] ?? '');
    const links = starts.map(({ written, real }) => ({ path: written, to: real }));
    return {
      scope: { ...walk.found(links), net: granted.net },
      stillCounts: granted.stillCount,
      release: () => walk.release(),
    };
  } catch (error) {
    await walk.release();
    throw error;
  }
}
