import type { QueuedNotification } from '../../schemas/control.ts';
import { request } from '../client.ts';
import type { Run } from '../commands.ts';
import { CliError } from '../exit.ts';
import { jsonText } from '../json-text.ts';
import { notificationsText } from '../notifications-text.ts';

/** Acknowledges only what has been printed: whoever is killed before that leaves everything in the queue. */
export const run: Run = async (context, { options }) => {
  const { lease, notifications } = await request(context, 'notify_lease');
  await context.print(options.json ? jsonText(notifications) : textOf(notifications));
  if (lease === null) return;
  await request(context, 'notify_ack', { lease }).catch((error: unknown) => {
    if (!(error instanceof CliError)) throw error;
    throw new CliError(error.exitCode, `what was printed stays queued and will come again: ${error.message}`);
  });
};

function textOf(notifications: readonly QueuedNotification[]): string {
  if (notifications.length === 0) return 'No queued notifications\n';
  return `Queued Notifications (${notifications.length}):\n\n${notificationsText(notifications)}`;
}
