import { SERVICE } from '../../schemas/service.ts';
import { visibleText } from '../../schemas/visible-text.ts';
import { request } from '../client.ts';
import type { Run } from '../commands.ts';
import type { Context } from '../context.ts';
import { findDaemon, startDaemon, stopDaemon, verifyStrictness } from '../daemon-running.ts';
import { CliError, EXIT } from '../exit.ts';
import { runCheck } from '../run-check.ts';
import { isServiceEnabled, startService } from '../service.ts';

/** The new daemon is as strict as the environment of the caller asks for, and that is verified. */
export const run: Run = async (context) => {
  // Before the good daemon is gone: with a broken file there would be no new one.
  await runCheck(context, 'config');
  const running = await findDaemon(context);
  const asService = running ? running.service : await isServiceEnabled(context);
  const { pid, strict, notes } = asService ? await restartService(context) : await restartByHand(context);
  await context.print(
    [
      `axiumd ${running ? 'restarted' : 'started'}, pid ${pid}\n`,
      strict ? 'strict mode: on\n' : '',
      ...notes.map((note) => `note: ${visibleText(note)}\n`),
    ].join(''),
  );
};

interface Restarted {
  readonly pid: number;
  readonly strict: boolean;
  readonly notes: readonly string[];
}

async function restartService(context: Context): Promise<Restarted> {
  const { pid, strict } = await startService(context, ['restart', SERVICE]);
  const { notes } = await request(context, 'status');
  return { pid, strict, notes };
}

/** The new daemon gets the whole environment of the caller. */
async function restartByHand(context: Context): Promise<Restarted> {
  await stopDaemon(context);
  const started = await startDaemon(context);
  if (started === null) {
    throw new CliError(EXIT.busy, 'another daemon was started in the meantime; try again');
  }
  const { strict } = await verifyStrictness(context);
  return { ...started, strict };
}
