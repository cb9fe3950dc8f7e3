import type { ControlReplies } from '../../schemas/control-replies.ts';
import { isStrict } from '../../schemas/places.ts';
import { SERVICE } from '../../schemas/service.ts';
import { visibleText } from '../../schemas/visible-text.ts';
import { request } from '../client.ts';
import type { Run } from '../commands.ts';
import type { Context } from '../context.ts';
import { agrees, findDaemon, startDaemon } from '../daemon-running.ts';
import { CliError, EXIT } from '../exit.ts';
import { runCheck } from '../run-check.ts';
import { isServiceEnabled, startService } from '../service.ts';

/** A daemon that runs already is what was asked for, and no failure. */
export const run: Run = async (context, { options }) => {
  if (options.foreground) {
    const { runInForeground } = await import('../foreground.ts');
    return runInForeground(context);
  }
  const running = await findDaemon(context);
  if (running) return reportRunning(context, running);
  if (await isServiceEnabled(context)) {
    // The service manager would only tell that it failed.
    await runCheck(context, 'config');
    const { pid } = await startService(context, ['start', SERVICE]);
    return context.print(
      `axiumd started, pid ${pid}\n${notesText((await request(context, 'status')).notes)}`,
    );
  }
  const started = await startDaemon(context);
  if (started) return context.print(`axiumd started, pid ${started.pid}\n${notesText(started.notes)}`);
  const other = await findDaemon(context);
  if (other) return reportRunning(context, other);
  throw new CliError(EXIT.busy, 'another daemon is starting or ending at this moment; try again');
};

function notesText(notes: readonly string[]): string {
  return notes.map((note) => `note: ${visibleText(note)}\n`).join('');
}

async function reportRunning(context: Context, pong: ControlReplies['ping']): Promise<void> {
  const { pid, strict } = pong;
  await context.print(`axiumd is running, pid ${pid}\n`);
  if (agrees(pong, isStrict(context.env))) return;
  const [is, wanted] = strict ? ['on', 'off'] : ['off', 'on'];
  context.remark(
    `axium: strict mode is ${is} in the running daemon; 'axium daemon restart' turns it ${wanted}\n`,
  );
}
