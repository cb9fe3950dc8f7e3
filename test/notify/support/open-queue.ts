import * as fs from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { onTestFinished } from 'vitest';
import { NotificationQueue, QUEUE_LIMITS, type QueueLimits } from '../../../core/notify/queue.ts';
import type { FilesNow } from '../../../core/powers.ts';
import { createPowers } from '../../support/powers.ts';

export const notice = (title: string) => ({ title, body: '', level: 'info' as const });

/** The queue of one run of the daemon; opening it again is the next run. */
export async function openQueue(
  path: string,
  filesNow?: FilesNow,
  limits: QueueLimits = { ...QUEUE_LIMITS, burst: 100_000 },
) {
  const powers = createPowers({
    // Without fsync: what a crash leaves is a matter of the text here, not of the disk.
    filesNow: { ...(filesNow ?? fs), fsyncSync: () => {} },
    replaceFile: (file, data) => writeFile(file, data, { mode: 0o600 }),
  });
  const { queue, warning } = await NotificationQueue.open(powers, path, limits);
  let open = true;
  const close = () => {
    if (open) queue.close();
    open = false;
  };
  onTestFinished(close);
  return { queue, warning, close, clock: powers.clock };
}

/** The titles of everything that could be taken, oldest first. */
export function titlesOf(queue: NotificationQueue): readonly string[] {
  return queue.free().map(({ title }) => title);
}
