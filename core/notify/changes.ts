import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { QueuedNotification } from '../../schemas/control.ts';

/** The version of the form of the journal, which its first line tells. */
const VERSION = 1;

const notification = z.strictObject({
  id: z.string(),
  time: z.string(),
  source: z.string(),
  title: z.string(),
  body: z.string(),
  level: z.enum(['info', 'success', 'warning', 'error']),
  count: z.int().min(1).default(1),
});
const change = z.discriminatedUnion('op', [
  z.strictObject({ op: z.literal('begin'), v: z.literal(VERSION) }),
  z.strictObject({ op: z.literal('add'), notification }),
  z.strictObject({ op: z.literal('again'), id: z.string(), time: z.string() }),
  z.strictObject({ op: z.literal('done'), ids: z.array(z.string()) }),
]);

/** One change of the queue, as a line of its journal. */
export type Change = z.infer<typeof change>;

/** A change as a line with a checksum, ended. */
export function encode(next: Change): string {
  const json = JSON.stringify(next);
  return `${checksum(json)} ${json}\n`;
}

/** A whole journal of nothing but what is queued. */
export function encodeQueued(queued: Iterable<QueuedNotification>): string {
  const adds = [...queued].map((notification) => encode({ op: 'add', notification }));
  return encode({ op: 'begin', v: VERSION }) + adds.join('');
}

/** The changes that a journal's text holds, and how many lines were damaged and are not among them. */
export function readJournal(text: string): { readonly changes: readonly Change[]; readonly damaged: number } {
  const lines = text.split('\n').filter((line) => line !== '');
  const changes = lines.map(decode);
  const whole = changes.filter((entry) => entry !== null);
  return { changes: whole, damaged: lines.length - whole.length };
}

/** What is queued once these changes have happened, in the order in which it came. */
export function replay(changes: readonly Change[]): Map<string, QueuedNotification> {
  const queued = new Map<string, QueuedNotification>();
  const done = new Set(changes.flatMap((next) => (next.op === 'done' ? next.ids : [])));
  for (const next of changes) {
    // What was taken stays taken, wherever in a damaged journal its lines have come to stand.
    if (next.op === 'add' && !done.has(next.notification.id) && !queued.has(next.notification.id))
      queued.set(next.notification.id, next.notification);
    if (next.op === 'again') {
      const found = queued.get(next.id);
      if (found) queued.set(next.id, { ...found, time: next.time, count: found.count + 1 });
    }
  }
  return queued;
}

function decode(line: string): Change | null {
  const json = line.slice(line.indexOf(' ') + 1);
  if (line.slice(0, line.indexOf(' ')) !== checksum(json)) return null;
  try {
    const parsed = change.safeParse(JSON.parse(json));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

function checksum(json: string): string {
  return createHash('sha256').update(json).digest('hex').slice(0, 16);
}
