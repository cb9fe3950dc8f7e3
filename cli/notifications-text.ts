import type { QueuedNotification } from '../schemas/control-shown.ts';
import { visibleText } from '../schemas/visible-text.ts';
import { localTime } from './local-time.ts';
import { indented } from './plain-text.ts';

/** Notifications as `axium notify drain` prints them, a blank line between two. */
export function notificationsText(notifications: readonly QueuedNotification[]): string {
  return notifications
    .map(({ time, source, title, body, count }) => {
      const times = count > 1 ? ` (${count} times)` : '';
      const head = `[${visibleText(localTime(time))}] ${visibleText(source)}: ${visibleText(title)}${times}\n`;
      return body === '' ? head : head + indented(body);
    })
    .join('\n');
}
