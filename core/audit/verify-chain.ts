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

const START: ChainHead = { seq: 0, hash: CHAIN_START };

/**
 * Checks that every write carries the hash of the one before and that no record is missing. A chain may begin later where
 * one of its records says that retention removed what was before. It cannot tell a chain that was rebuilt as a whole:
 * for that, `kept` is a head from elsewhere, whose record must be in it, unchanged.
 */
export async function verifyChain(
  lines: AsyncIterable<LogLine>,
  kept: ChainHead | null = null,
): Promise<Verdict> {
  const check = new ChainCheck(kept);
  let first: LogLine | null = null;
  let last: LogLine = { file: '', number: 0, text: '' };
  for await (const line of lines) {
    const problem = check.take(line.text);
    if (problem !== null) return bad(line, problem);
    first ??= line;
    last = line;
  }
  const { problemOfBegin, problemOfEnd } = check;
  if (problemOfBegin !== null) return bad(first ?? last, problemOfBegin);
  if (problemOfEnd !== null) return bad(last, problemOfEnd);
  return { ok: true, begins: check.begins.seq, head: check.head, notes: check.notes };
}

function bad({ file, number: line }: LogLine, problem: string): Verdict {
  return { ok: false, file, line, problem };
}

/** What was found of a chain so far, record by record. */
class ChainCheck {
  readonly notes: string[] = [];
  readonly #kept: ChainHead | null;
  readonly #chain = new ChainFollower();
  /** What the first record follows on; null before there is one. */
  #begin: ChainHead | null = null;
  /** Whether it is known why the chain begins there. */
  #isExplained = true;
  /** Whether `kept` was met. */
  #isMet: boolean;
  #seq = 0;

  constructor(kept: ChainHead | null) {
    this.#kept = kept;
    this.#isMet = kept === null || isSame(kept, START);
  }

  get begins(): ChainHead {
    return this.#begin ?? START;
  }

  get head(): ChainHead {
    return { seq: this.#seq, hash: this.#chain.head };
  }

  /** Takes the next line. What is wrong with it, or null; after that nothing more is to be taken. */
  take(text: string): string | null {
    const link = readLink(text);
    if (link === null) return 'this is not a record';
    if (this.#begin !== null && link.prev !== null && link.prev !== this.#chain.head) return CHANGED;
    if (this.#begin === null) {
      // The middle of a write: what followed on what cannot be told.
      if (link.prev === null) return missingUpTo(link.seq - 1);
      this.#beginAt({ seq: link.seq - 1, hash: link.prev });
    }
    if (link.seq !== this.#seq + 1) return `expected record ${this.#seq + 1}, found ${link.seq}`;
    this.#seq = link.seq;
    this.#chain.take(text, link.prev !== null);
    this.#lookAt(text);
    if (this.#kept?.seq !== link.seq) return null;
    this.#isMet = this.#kept.hash === this.#chain.head;
    return this.#isMet ? null : `record ${link.seq} is not the one of the head that was kept`;
  }

  /** What is wrong with where the chain begins, or null; known once all of it was taken. */
  get problemOfBegin(): string | null {
    return this.#isExplained ? null : missingUpTo(this.begins.seq);
  }

  /** Why `kept` was not met, or null; known once all of the chain was taken. */
  get problemOfEnd(): string | null {
    if (this.#isMet || this.#kept === null) return null;
    const { seq } = this.#kept;
    return seq > this.#seq
      ? `the log ends with record ${this.#seq}, before record ${seq} of the head that was kept`
      : `record ${seq} of the head that was kept was removed by retention: it can no longer be checked`;
  }

  #beginAt(begin: ChainHead): void {
    this.#begin = begin;
    this.#seq = begin.seq;
    this.#isExplained = isSame(begin, START);
    this.#isMet ||= this.#kept !== null && isSame(begin, this.#kept);
  }

  #lookAt(text: string): void {
    const { event, detail } = eventIn(text);
    if (event === 'audit_pruned') this.#isExplained ||= isSame(this.begins, detail);
    const note = Object.hasOwn(NOTES, event) ? NOTES[event] : undefined;
    if (note) this.notes.push(`record ${this.#seq}: ${note}`);
  }
}

function missingUpTo(seq: number): string {
  return seq > 0 ? `records 1 to ${seq} are missing` : CHANGED;
}

function isSame(one: ChainHead, other: Partial<ChainHead>): boolean {
  return one.seq === other.seq && one.hash === other.hash;
}

/** The name of an event, or nothing, and what it tells. What somebody else wrote there can have any form. */
function eventIn(text: string): { readonly event: string; readonly detail: Partial<ChainHead> } {
  const { type, event, detail } = JSON.parse(text) as Record<string, unknown>;
  return { event: type === 'event' && typeof event === 'string' ? event : '', detail: Object(detail) };
}
