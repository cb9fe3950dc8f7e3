import type { ChainHead, DecisionEntry, EventEntry, Outcome, OutcomeEntry } from '../../schemas/audit.ts';
import { pieceName } from '../../schemas/audit-pieces.ts';
import { AxiumError } from '../errors.ts';
import type { Powers } from '../powers.ts';
import { describeFailure } from '../state-file.ts';
import { Batch, type Told } from './batch.ts';
import { ChainedLog } from './chained-log.ts';
import type { PlainRequest } from './decision-entry.ts';
import { decisionTexts, outcomeText, PlainTexts } from './entry-text.ts';
import { innerJson } from './inner-json.ts';
import { LogFile } from './log-file.ts';
import type { SecurityDetail } from './security-line.ts';

export interface AuditInput {
  readonly journal: string;
  readonly security: string;
  /** A piece of the log that has grown beyond this many bytes is finished. Asked for each time. */
  readonly pieceBytes: () => number;
  /** Called when a piece was finished. */
  readonly onPiece: () => void;
  /** Called when the log can no longer be written, with the reason, and with null when it can again. */
  readonly onTrouble: (reason: string | null) => void;
}

/**
 * Characters of records after which a tick writes what it has, and goes on with another write. Where the log is opened
 * again the whole of its last write is looked for from the end, which is done no further than 16 MiB back.
 */
const MAX_WRITE = 1_048_576;

/**
 * The record of every decision and what came of it, in `audit.jsonl` (chained) and `security.log` (one line for people).
 * A promise from here settles when write(2) has returned for both files, and rejects when it failed: then nothing may
 * happen. Who is told without a promise hears of it in the turn of the write. What one tick records is written at once, but
 * for what would be too much.
 */
export class Audit {
  readonly #clock: Powers['clock'];
  readonly #input: AuditInput;
  readonly #journal: ChainedLog;
  readonly #security: LogFile;
  readonly #plain = new PlainTexts();
  /** When the names of the files were looked at last: milliseconds since the epoch, and as records say it. */
  #at = Number.NaN;
  #time = '';
  #batch: Batch | null = null;
  #trouble: string | null = null;
  #state: 'open' | 'closing' | 'closed' = 'open';
  #isFlushing = false;
  /** After the answers to what was recorded have left. */
  readonly #hash = () => this.#journal.hash();

  constructor({ filesNow, clock, uid }: Pick<Powers, 'filesNow' | 'clock' | 'uid'>, input: AuditInput) {
    this.#clock = clock;
    this.#input = input;
    this.#journal = new ChainedLog(filesNow, input.journal, clock.now, uid);
    try {
      this.#security = new LogFile(filesNow, input.security, uid);
    } catch (error) {
      this.#journal.close();
      throw error;
    }
    // Where what was found cannot be written now, the first decision brings it along.
    if (this.#journal.hasFindings) clock.endOfTick(() => this.flush());
  }

  /** The place of the last record, to be kept where the user of this machine cannot change it. */
  get head(): ChainHead {
    return this.#journal.head;
  }

  /** Why the log cannot be written, and nothing is allowed; null while it can. */
  get trouble(): string | null {
    return this.#trouble;
  }

  /** Records a decision. To be awaited before its effect. */
  decision(entry: DecisionEntry, detail: SecurityDetail): Promise<void> {
    const { record, line } = decisionTexts(entry, detail);
    return this.#record(record, line);
  }

  /** The same for an action without an object, with what comes of it where that is known, and without a promise. */
  plainDecision(decided: PlainRequest, outcome: Outcome | null, told: Told): void {
    const { record, line } = this.#plain.of(decided, outcome);
    const batch = this.#take(record, line);
    if (batch === null) told(closed());
    else batch.tell(told);
    this.#flushLong(batch);
  }

  /** Records what came of an allowed request. */
  outcome(entry: OutcomeEntry): Promise<void> {
    return this.#record(outcomeText(entry), '');
  }

  /** Records something that happened to the daemon or to a spoke, beside the requests. */
  event(entry: EventEntry): Promise<void> {
    return this.#record(innerJson(entry), '');
  }

  /** Writes what is waiting, now. What is recorded by those who are told of that is written once all of them are told. */
  flush(): void {
    if (this.#isFlushing || this.#state === 'closed') return;
    this.#isFlushing = true;
    try {
      do this.#flushBatch();
      while (this.#batch !== null && this.#batch.length > MAX_WRITE);
    } finally {
      this.#isFlushing = false;
    }
  }

  #flushBatch(): void {
    const batch = this.#batch;
    this.#batch = null;
    if (batch === null && !this.#journal.hasFindings) return;
    const failure = this.#tryWrite(batch ?? NOTHING);
    batch?.settle(failure === null ? null : failure.error);
    this.#clock.endOfTick(this.#hash);
    if (failure === null && this.#journal.size > this.#input.pieceBytes()) this.rotate();
  }

  /** Finishes the pieces that are being written; the chain goes on in new ones. What fails is told as trouble. */
  rotate(): void {
    const { seq } = this.head;
    try {
      if (this.#journal.size === 0) return;
      this.#journal.rotate();
      if (this.#security.size > 0) this.#security.setAside(pieceName(this.#security.path, seq));
      this.#input.onPiece();
    } catch (error) {
      this.#tell(`its finished piece could not be put aside (${describeFailure(error)})`);
    }
  }

  close(): void {
    // Whoever is told of the last records has nothing more recorded: it would be neither written nor refused.
    this.#state = 'closing';
    this.flush();
    this.#state = 'closed';
    this.#journal.close();
    this.#security.close();
  }

  #record(entry: string, line: string): Promise<void> {
    const batch = this.#take(entry, line);
    if (batch === null) return Promise.reject(closed());
    const { settled } = batch;
    this.#flushLong(batch);
    return settled;
  }

  /** Adds to what this tick writes; null where nothing is written any more. */
  #take(entry: string, line: string): Batch | null {
    if (this.#state !== 'open') return null;
    const batch = this.#batch ?? this.#begin();
    batch.entries.push(entry);
    batch.length += entry.length;
    batch.lines += line;
    return batch;
  }

  #begin(): Batch {
    this.#clock.endOfTick(() => this.flush());
    this.#batch = new Batch();
    return this.#batch;
  }

  #flushLong(batch: Batch | null): void {
    if (batch !== null && batch.length > MAX_WRITE) this.flush();
  }

  #tryWrite(batch: Pick<Batch, 'entries' | 'lines'>): { readonly error: unknown } | null {
    try {
      this.#write(batch);
      this.#tell(null);
      return null;
    } catch (error) {
      this.#tell(describeFailure(error));
      return { error };
    }
  }

  #write({ entries, lines }: Pick<Batch, 'entries' | 'lines'>): void {
    this.#lookOnceAMillisecond();
    const { size } = this.#security;
    if (lines !== '') this.#security.append(lines);
    try {
      // Last, since a record can say what comes of it: where it is written, all is, and it is done.
      this.#journal.append(this.#time, entries);
    } catch (error) {
      this.#security.cutBack(size);
      throw error;
    }
  }

  /**
   * Whoever renames a file while it is written to cannot tell whether a record of that moment is in it. So the names are
   * looked at, and the time put into words, at most once a millisecond: for a request alone that takes longer than writing.
   * After any trouble they are looked at again.
   */
  #lookOnceAMillisecond(): void {
    const now = this.#clock.now();
    if (now === this.#at) return;
    this.#journal.follow();
    this.#security.follow();
    this.#at = now;
    this.#time = new Date(now).toISOString();
  }

  #tell(trouble: string | null): void {
    if (trouble === this.#trouble) return;
    this.#trouble = trouble;
    this.#at = Number.NaN;
    this.#input.onTrouble(trouble);
  }
}

const NOTHING = { entries: [], lines: '' };

function closed(): AxiumError {
  return new AxiumError('unavailable', 'the audit log is closed');
}
