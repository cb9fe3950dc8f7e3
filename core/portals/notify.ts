import type { Notice } from '../../schemas/wire.ts';
import { type Portal, plainTarget, type Reply } from './portal.ts';

/** Takes a notification; settles once it is on disk. Throws `quota` where the queue is full. */
export type Notify = (source: string, notice: Notice) => Promise<string>;

/** Queues a notification for the user. */
export function notifyPortal({ notify }: { readonly notify: Notify }): Portal<'notify', null> {
  return {
    action: 'notify',
    resource: () => null,
    resolve: plainTarget,
    async perform(_resolved, { title, body, level }, { spoke }) {
      return { notification: await notify(spoke, { title, body, level }) } satisfies Reply;
    },
  };
}
