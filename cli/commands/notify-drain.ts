import type { QueuedNotification } from '../../schemas/control-shown.ts';
import { request } from '../client.ts';
import type { Options, Run } from '../commands.ts';
import type { Context } from '../context.ts';
import { CliError, EXIT } from '../exit.ts';
import { harmlessJson, jsonText } from '../json-text.ts';
import { notificationsText } from '../notifications-text.ts';
import { Refusal } from '../refusal.ts';

/** Acknowledges only what has been printed: whoever is killed before that leaves everything in the queue. */
export const run: Run = async (context, { options }) => {
  if (options.peek) return peek(context, options);
  if (options.follow) return follow(context, options);
  const { lease, notifications } = await request(context, 'notify_lease');
  await context.print(options.json ? jsonText(notifications) : textOf(notifications));
  if (lease !== null) await acknowledge(context, lease);
};

async function peek(context: Context, { json, follow }: Options): Promise<void> {
  if (follow)
    throw new CliError(EXIT.usage, '--peek --follow: expected one of the two; a peek takes nothing');
  const { notifications } = await request(context, 'notify_peek');
  await context.print(json ? jsonText(notifications) : textOf(notifications));
}

/** Goes on until it is interrupted: prints what comes as it comes, with --json one a line. */
async function follow(context: Context, { json }: Options): Promise<never> {
  for (let first = true; ; ) {
    const { lease, notifications } = await request(context, 'notify_lease');
    if (lease !== null) {
      const lines = notifications.map((notification) => `${harmlessJson(JSON.stringify(notification))}\n`);
      const text = `${first ? '' : '\n'}${notificationsText(notifications)}`;
      await context.print(json ? lines.join('') : text);
      await acknowledge(context, lease);
      first = false;
    }
    await request(context, 'notify_wait');
  }
}

/** How long a daemon that is gone is waited for, and how long apart it is asked, in milliseconds. */
const PATIENCE_MS = 30_000;
const APART_MS = 200;

/**
 * A daemon that ended meanwhile knows the lease when it is there again, and to acknowledge it twice is to do it once. So
 * what was printed comes again only where no daemon comes in time.
 */
async function acknowledge(context: Context, lease: string): Promise<void> {
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      await request(context, 'notify_ack', { lease });
      return;
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      if (error instanceof Refusal || performance.now() > until) {
        const why = error.message;
        throw new CliError(error.exitCode, `what was printed stays queued and will come again: ${why}`);
      }
    }
    await new Promise((resolve) => setTimeout(resolve, APART_MS));
  }
}

function textOf(notifications: readonly QueuedNotification[]): string {
  if (notifications.length === 0) return 'No queued notifications\n';
  return `Queued Notifications (${notifications.length}):\n\n${notificationsText(notifications)}`;
}
