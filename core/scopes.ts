import type { CommandTarget } from '../schemas/decision.ts';
import type { Places } from '../schemas/places.ts';
import type { GrantedToCommands, Scope } from '../schemas/scope.ts';
import { AxiumError } from './errors.ts';
import type { Permissions } from './permissions.ts';
import { grantedPaths, stillGrants } from './policy/granted-paths.ts';
import type { ExecValue } from './policy/policy.ts';
import type { Clock, Powers } from './powers.ts';

/** What the permissions in force say of the commands of the scoped profile. */
export interface Scopes {
  /** Whether the commands of a spoke find no more than its own paths. */
  readonly isScoped: (spoke: string) => boolean;
  readonly granted: (spoke: string) => Promise<GrantedToCommands>;
  /** Whether a running command sees nothing that it would not be given now. Without a scope it sees all. */
  readonly mayKeep: (spoke: string, scope: Scope | null) => Promise<boolean>;
}

export function createScopes(
  permissions: Pick<Permissions, 'of' | 'anchors'>,
  clock: Pick<Clock, 'now'>,
): Scopes {
  // While a new permissions.yaml waits to be confirmed, the stricter of the two profiles counts.
  const isScoped = (spoke: string) =>
    permissions.of(spoke).policies.some(({ execProfile }) => execProfile.value === 'scoped');
  async function granted(spoke: string): Promise<GrantedToCommands> {
    for (let tries = 0; tries < 5; tries += 1) {
      const { policies } = permissions.of(spoke);
      const anchors = await permissions.anchors(policies);
      const stillCount = () => permissions.of(spoke).policies === policies;
      if (!stillCount()) continue;
      const namesProgram = (command: CommandTarget) =>
        policies.every(({ exec }) => namedBy(exec.value, command));
      return { ...grantedPaths({ policies, anchors, now: clock.now() }), stillCount, namesProgram };
    }
    throw new AxiumError('busy', 'the permissions are changing faster than can be decided; try again');
  }
  return {
    isScoped,
    granted,
    async mayKeep(spoke, scope): Promise<boolean> {
      if (scope === null) return !isScoped(spoke);
      // A spoke whose rights cannot be told has none.
      return granted(spoke).then(
        (now) => stillGrants(now, scope),
        () => false,
      );
    },
  };
}

function namedBy(exec: ExecValue, { names }: CommandTarget): boolean {
  return typeof exec === 'object' && exec.some(({ pattern: { words } }) => names.includes(words[0] ?? ''));
}

/** Axium's own files, as they are named and where they really are. */
export async function placesToKeepOut(
  files: Powers['files'],
  { config, state, run }: Places,
): Promise<readonly string[]> {
  const named = [config, state, run];
  const real = await Promise.all(named.map((path) => files.realpath(path).catch(() => path)));
  return [...new Set([...named, ...real])];
}
