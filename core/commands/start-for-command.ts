import { AxiumError } from '../errors.ts';
import type { SpokeLife } from '../supervisor/spoke-life.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';
import type { SpokeCommands } from './spoke-commands.ts';

export interface StartForCommandInput {
  readonly supervisor: Pick<Supervisor, 'find' | 'wake' | 'settled'>;
  readonly commands: Pick<SpokeCommands, 'offered'>;
}

/** A version that takes the place of one that is being started starts anew, but not again and again. */
const MAX_TRIES = 3;

/**
 * Starts a spoke that runs on demand for a command that its manifest names, and settles once that can be called; at once
 * for a spoke that runs, or that always does. Throws `unknown_command` for another command, and `unavailable` where it
 * does not start, with the reason. Bounded.
 */
export async function startForCommand(
  { supervisor, commands }: StartForCommandInput,
  spoke: string,
  command: string,
): Promise<void> {
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const life = supervisor.find(spoke);
    if (life === undefined || life.spoke.manifest.activation === 'always') return;
    const isNamed = life.spoke.manifest.triggers.commands.includes(command);
    if (life.state === 'ready') {
      // It may be told of only just now.
      if (isNamed) await commands.offered(life.instance, command);
      return;
    }
    if (!isNamed)
      throw new AxiumError(
        'unknown_command',
        `spoke '${spoke}' does not run now, and is not started by a command '${command}'`,
      );
    supervisor.wake(spoke, { why: 'command', trigger: command });
    await supervisor.settled(spoke);
    const now = supervisor.find(spoke);
    if (now !== undefined && now.state !== 'ready' && now.state !== 'idle') throw notStarted(spoke, now);
  }
  throw new AxiumError('busy', `spoke '${spoke}' is being exchanged; try again`);
}

function notStarted(spoke: string, { state, reason }: Pick<SpokeLife, 'state' | 'reason'>): AxiumError {
  const again = `'axium spoke reload ${spoke}'`;
  if (state === 'stopped')
    return new AxiumError(
      'unavailable',
      `spoke '${spoke}' was stopped; in an elevated session ${again} starts it`,
    );
  if (state === 'quarantined')
    return new AxiumError(
      'unavailable',
      `spoke '${spoke}' is quarantined: ${reason}; once that is mended, run ${again}`,
    );
  return new AxiumError(
    'unavailable',
    `spoke '${spoke}' did not start, and is tried again soon: ${reason}; see 'axium spoke logs ${spoke}'`,
  );
}
