import type { AuditEntry, DecisionEntry, EventEntry, OutcomeEntry } from '../../schemas/audit.ts';
import { AppendFile } from '../append-file.ts';
import type { Powers } from '../powers.ts';
import { CHAIN_START, type ChainHead, hashLine, readLink } from './chain.ts';
import { type SecurityDetail, securityLine } from './security-line.ts';

export interface AuditFiles {
  readonly journal: string;
  readonly security: string;
}

interface Waiting {
  readonly entry: AuditEntry;
  readonly line: string | null;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The record of every decision and what came of it, in `audit.jsonl` (chained) and `security.log` (one line for people).
 * A promise from here settles when write(2) has returned for both files, and rejects when it failed: then nothing may
 * happen. What one tick records is written at once.
 */
export class Audit {
  readonly #clock: Powers['clock'];
  readonly #journal: AppendFile;
  readonly #security: AppendFile;
  #head: ChainHead;
  #waiting: Waiting[] = [];

  constructor({ filesNow, clock }: Pick<Powers, 'filesNow' | 'clock'>, files: AuditFiles) {
    this.#clock = clock;
    const opened = openJournal(filesNow, files.journal, clock.now());
    this.#journal = opened.journal;
    try {
      this.#security = new AppendFile(filesNow, files.security);
    } catch (error) {
      this.#journal.close();
      throw error;
    }
    this.#head = headOf(this.#journal);
    if (opened.aside !== null) {
      const detail = { kept_as: opened.aside };
      this.event({ type: 'event', event: 'damaged_log', spoke: null, detail }).catch(() => {});
    }
    if (this.#journal.torn !== null) {
      const torn = Buffer.from(this.#journal.torn, 'latin1').toString('base64');
      // Where even this cannot be written, the first decision will tell.
      this.event({ type: 'event', event: 'torn_record', spoke: null, detail: { base64: torn } }).catch(
        () => {},
      );
    }
  }

  /** The place of the last record, to be kept where the user of this machine cannot change it. */
  get head(): ChainHead {
    return this.#head;
  }

  /** Records a decision. To be awaited before its effect. */
  decision(entry: DecisionEntry, detail: SecurityDetail): Promise<void> {
    return this.#add(entry, securityLine(entry, detail));
  }

  /** Records what came of an allowed request. */
  outcome(entry: OutcomeEntry): Promise<void> {
    return this.#add(entry, null);
  }

  /** Records something that happened to the daemon or to a spoke, beside the requests. */
  event(entry: EventEntry): Promise<void> {
    return this.#add(entry, null);
  }

  /** Writes what is waiting, now. */
  flush(): void {
    const batch = this.#waiting;
    this.#waiting = [];
    if (batch.length === 0) return;
    try {
      this.#write(batch);
    } catch (error) {
      for (const { reject } of batch) reject(error);
      return;
    }
    for (const { resolve } of batch) resolve();
  }

  close(): void {
    this.flush();
    this.#journal.close();
    this.#security.close();
  }

  #add(entry: AuditEntry, line: string | null): Promise<void> {
    if (this.#waiting.length === 0) this.#clock.endOfTick(() => this.flush());
    return new Promise((resolve, reject) => {
      this.#waiting.push({ entry, line, resolve, reject });
    });
  }

  #write(batch: readonly Waiting[]): void {
    const time = new Date(this.#clock.now()).toISOString();
    let { seq, hash } = this.#head;
    let records = '';
    for (const { entry } of batch) {
      seq += 1;
      const line = JSON.stringify({ v: 1, seq, prev: hash, time, ...entry });
      hash = hashLine(line);
      records += `${line}\n`;
    }
    this.#journal.append(records);
    this.#head = { seq, hash };
    const lines = batch.map(({ line }) => line).filter((line) => line !== null);
    if (lines.length > 0) this.#security.append(`${lines.join('\n')}\n`);
  }
}

/** Opens the journal. Where the end of its chain cannot be read, it is kept under another name and a new chain begins. */
function openJournal(files: Powers['filesNow'], path: string, now: number) {
  const journal = new AppendFile(files, path);
  if (journal.lastLine === null || readLink(journal.lastLine) !== null) return { journal, aside: null };
  // As it was, the half line at its end included.
  if (journal.torn !== null) journal.append(Buffer.from(journal.torn, 'latin1'));
  journal.close();
  const aside = `${path}.damaged-${now}`;
  files.renameSync(path, aside);
  return { journal: new AppendFile(files, path), aside };
}

function headOf(journal: AppendFile): ChainHead {
  const link = journal.lastLine === null ? null : readLink(journal.lastLine);
  if (journal.lastLine === null || link === null) return { seq: 0, hash: CHAIN_START };
  return { seq: link.seq, hash: hashLine(journal.lastLine) };
}
