import { visibleText } from '../../schemas/visible-text.ts';
import type { Run } from '../commands.ts';
import { startDaemon, stopDaemon, verifyStrictness } from '../daemon-running.ts';
import { CliError, EXIT } from '../exit.ts';
import { runCheck } from '../run-check.ts';

/** The new daemon gets the environment of the caller; that it is strict where that asks for it is verified. */
export const run: Run = async (context) => {
  // Before the good daemon is gone: with a broken file there would be no new one.
  await runCheck(context, 'config');
  const stopped = await stopDaemon(context);
  const started = await startDaemon(context);
  if (started === null) {
    throw new CliError(EXIT.busy, 'another daemon was started in the meantime; try again');
  }
  const { strict } = await verifyStrictness(context);
  await context.print(
    [
      `axiumd ${stopped ? 'restarted' : 'started'}, pid ${started.pid}\n`,
      strict ? 'strict mode: on\n' : '',
      ...started.notes.map((note) => `note: ${visibleText(note)}\n`),
    ].join(''),
  );
};
