import type { ChainHead, Verdict } from '../../schemas/audit.ts';
import { CHAIN_START, ChainFollower, readLink } from './chain.ts';

/** A line of the log, without its newline, and where it stands; lines count from 1. */
export interface LogLine {
  readonly file: string;
  readonly number: number;
  readonly text: string;
}

const CHANGED = 'what was recorded before it was changed or removed';

/** What events in the chain say of it, in the words of a report. */
const NOTES: Readonly<Record<string, string>> = {
  damaged_log: 'a file whose end could not be read was put aside; the records in it are not checked',
  log_changed: 'the file had been moved, removed or cut by somebody else',
  torn_record: 'a crash had cut off the record before it',
};

/**
 * Checks that every write carries the hash of the one before and that no record is missing. A chain may begin later where
 * one of its records says that retention removed what was before. It cannot tell a chain that was rebuilt as a whole:
 * for that, `kept` is a head from elsewhere, whose record must be in it, unchanged.
 */
export async function verifyChain(
  lines: AsyncIterable<LogLine>,
  kept: ChainHead | null = null,
): Promise<Verdict> {
  const start: ChainHead = { seq: 0, hash: CHAIN_START };
  let begin: (ChainHead & { readonly at: LogLine }) | null = null;
  let explained = true;
  const chain = new ChainFollower();
  let seq = 0;
  let last: LogLine = { file: '', number: 0, text: '' };
  let matched = kept === null || isSame(kept, start);
  const notes: string[] = [];
  for await (const line of lines) {
    const bad = (problem: string): Verdict => ({ ok: false, file: line.file, line: line.number, problem });
    const link = readLink(line.text);
    if (link === null) return bad('this is not a record');
    if (begin === null) {
      // The middle of a write: what followed on what cannot be told.
      if (link.prev === null) return bad(missingUpTo(link.seq - 1));
      seq = link.seq - 1;
      begin = { seq, hash: link.prev, at: line };
      explained = isSame(begin, start);
      matched ||= kept !== null && isSame(kept, begin);
    } else if (link.prev !== null && link.prev !== chain.head) return bad(CHANGED);
    if (link.seq !== seq + 1) return bad(`expected record ${seq + 1}, found ${link.seq}`);
    seq = link.seq;
    chain.take(line.text, link.prev !== null);
    last = line;
    if (kept?.seq === seq) {
      if (kept.hash !== chain.head) return bad(`record ${kept.seq} is not the one of the head that was kept`);
      matched = true;
    }
    const { event, detail } = eventIn(line.text);
    if (event === 'audit_pruned') explained ||= isSame(begin, detail);
    const note = Object.hasOwn(NOTES, event) ? NOTES[event] : undefined;
    if (note) notes.push(`record ${link.seq}: ${note}`);
  }
  if (begin !== null && !explained) {
    const { file, number } = begin.at;
    return { ok: false, file, line: number, problem: missingUpTo(begin.seq) };
  }
  if (!matched && kept !== null) {
    const problem =
      kept.seq > seq
        ? `the log ends with record ${seq}, before record ${kept.seq} of the head that was kept`
        : `record ${kept.seq} of the head that was kept was removed by retention: it can no longer be checked`;
    return { ok: false, file: last.file, line: last.number, problem };
  }
  return { ok: true, begins: begin?.seq ?? 0, head: { seq, hash: chain.head }, notes };
}

function missingUpTo(seq: number): string {
  return seq > 0 ? `records 1 to ${seq} are missing` : CHANGED;
}

function isSame(one: ChainHead, other: Partial<ChainHead>): boolean {
  return one.seq === other.seq && one.hash === other.hash;
}

/**
 * The name of an event, or nothing, and what it tells. Only events are parsed as a whole: most records are none. What
 * somebody else wrote there can have any form.
 */
function eventIn(text: string): { readonly event: string; readonly detail: Partial<ChainHead> } {
  const { type, event, detail } = JSON.parse(text) as Record<string, unknown>;
  return { event: type === 'event' && typeof event === 'string' ? event : '', detail: Object(detail) };
}
