import { hash } from 'node:crypto';
import { z } from 'zod';
import type { QueuedNotification } from '../../schemas/control-shown.ts';

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
  z.strictObject({ op: z.literal('lease'), lease: z.string(), ids: z.array(z.string()) }),
  z.strictObject({ op: z.literal('free'), lease: z.string() }),
  z.strictObject({ op: z.literal('done'), ids: z.array(z.string()), lease: z.string().optional() }),
]);

/** One change of the queue, as a line of its journal. */
export type Change = z.infer<typeof change>;

/** A change as a line with a checksum, ended. */
export function encode(next: Change): string {
  const json = JSON.stringify(next);
  return `${checksum(json)} ${json}\n`;
}

/** What a queue is made of, as its journal tells it. */
export interface Standing {
  /** In the order in which it came. */
  readonly queued: ReadonlyMap<string, QueuedNotification>;
  /** Which notifications each lease holds that has not ended. */
  readonly leases: ReadonlyMap<string, readonly string[]>;
  /** What the last leases held that were acknowledged, the newest last. */
  readonly acknowledged: ReadonlyMap<string, readonly string[]>;
}

/** Leases that are known to have been acknowledged, for whoever has not heard it and asks again. */
export const REMEMBERED = 16;

/** A whole journal of nothing but how things stand. */
export function encodeStanding({ queued, leases, acknowledged }: Standing): string {
  const changes: Change[] = [
    { op: 'begin', v: VERSION },
    ...[...acknowledged].map(([lease, ids]): Change => ({ op: 'done', ids: [...ids], lease })),
    ...[...queued.values()].map((notification): Change => ({ op: 'add', notification })),
    ...[...leases].map(([lease, ids]): Change => ({ op: 'lease', lease, ids: [...ids] })),
  ];
  return changes.map(encode).join('');
}

/** The changes that a journal's text holds, and how many lines were damaged and are not among them. */
export function readJournal(text: string): { readonly changes: readonly Change[]; readonly damaged: number } {
  const lines = text.split('\n').filter((line) => line !== '');
  const changes = lines.map(decode);
  const whole = changes.filter((entry) => entry !== null);
  return { changes: whole, damaged: lines.length - whole.length };
}

/** How things stand once these changes have happened. */
export function replay(changes: readonly Change[]): Standing {
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
  return { queued, ...replayLeases(changes, queued) };
}

/** A notification is held by the last lease that took it; one that is queued no more is held by none. */
function replayLeases(
  changes: readonly Change[],
  queued: ReadonlyMap<string, QueuedNotification>,
): Pick<Standing, 'leases' | 'acknowledged'> {
  const holders = new Map<string, string>();
  const acknowledged = new Map<string, readonly string[]>();
  const ended = new Set<string>();
  for (const next of changes) {
    if (next.op === 'lease') for (const id of next.ids) holders.set(id, next.lease);
    if (next.op === 'free') ended.add(next.lease);
    if (next.op === 'done' && next.lease !== undefined) {
      ended.add(next.lease);
      acknowledged.set(next.lease, next.ids);
    }
  }
  const leases = new Map<string, string[]>();
  for (const id of queued.keys()) {
    const lease = holders.get(id);
    if (lease !== undefined && !ended.has(lease)) leases.set(lease, [...(leases.get(lease) ?? []), id]);
  }
  return { leases, acknowledged: new Map([...acknowledged].slice(-REMEMBERED)) };
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
  return hash('sha256', json).slice(0, 16);
}
