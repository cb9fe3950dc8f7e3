import { DaemonNotRunning, request } from './client.ts';
import type { Context } from './context.ts';
import { CliError, EXIT } from './exit.ts';
import { failed, hasFailed } from './spokes-text.ts';

/**
 * Has the running daemon find the spokes anew, and tells what came of one of them, to be said behind what was done. Throws
 * where it was to run and does not; `how` says what became of it until then.
 */
export async function spokeStarted(
  context: Context,
  name: string,
  how: string,
  directory?: string,
): Promise<string> {
  try {
    const { spokes, refused } = await request(context, 'spoke_reload', {});
    const spoke = spokes.find((status) => status.name === name);
    if (spoke && hasFailed(spoke)) throw failed(spoke, `${how} and failed`);
    const problems = refused.find((one) => one.directory === directory)?.problems;
    if (problems) throw new CliError(EXIT.no, `spoke '${name}' ${how} and refused:`, problems);
    if (spoke?.state === 'idle') return ' and idle until something starts it';
    return spoke?.state === 'ready' ? ` and ready (${spoke.level})` : '';
  } catch (error) {
    if (error instanceof DaemonNotRunning) return '; this counts once the daemon is started';
    throw error;
  }
}
