import type { CommandTarget } from '../../schemas/decision.ts';
import { isWithin } from '../../schemas/path-text.ts';
import { type GrantedToCommands, SYSTEM_DIRECTORIES } from '../../schemas/scope.ts';
import { type PathPowers, resolveForReading } from './resolve-path.ts';

/**
 * Whether a scoped command may learn that its program is there: one of the system, one that PATH finds, one that `exec`
 * names, or one that the spoke may read. Otherwise running it would tell what lies outside the paths of the spoke.
 */
export async function mayFindProgram(
  powers: PathPowers,
  granted: GrantedToCommands,
  command: CommandTarget,
): Promise<boolean> {
  const isOnPath = command.names.some((name) => !name.includes('/'));
  if (isOnPath || granted.namesProgram(command)) return true;
  const { target, handle } = await resolveForReading(powers, command.argv[0] ?? '');
  await handle?.close();
  return (
    SYSTEM_DIRECTORIES.some((directory) => isWithin(target.real, directory)) ||
    granted.allows('fs_read', target)
  );
}
