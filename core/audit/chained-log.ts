import { basename, dirname } from 'node:path';
import type { AuditEntry, ChainHead, EventEntry } from '../../schemas/audit.ts';
import { finishedPieces, pieceName } from '../../schemas/audit-pieces.ts';
import type { ExecutorEntry } from '../../schemas/executor.ts';
import { lastLineOf } from '../append-file.ts';
import type { FilesNow } from '../powers.ts';
import { CHAIN_START, hashLine, readLink } from './chain.ts';
import { EntryTexts } from './entry-text.ts';
import { LogFile } from './log-file.ts';

/** More than any record has: what is cut off behind the last line and longer than this is no beginning of one. Bytes. */
const MAX_TORN = 262_144;

/**
 * `audit.jsonl` and its finished pieces: one chain of records, whatever file each is in. What it finds out of order is
 * told in the chain itself.
 */
export class ChainedLog {
  readonly #files: FilesNow;
  readonly #now: () => number;
  readonly #file: LogFile;
  readonly #texts = new EntryTexts();
  #head: ChainHead;
  #findings: EventEntry[] = [];

  constructor(files: FilesNow, path: string, now: () => number, uid?: number) {
    this.#files = files;
    this.#now = now;
    this.#file = new LogFile(files, path, uid);
    try {
      this.#setDamagedAside();
      this.#head = headOf(this.#file.lastLine) ?? newestHead(files, path);
      this.#tellOfTorn();
    } catch (error) {
      this.#file.close();
      throw error;
    }
  }

  get head(): ChainHead {
    return this.#head;
  }

  /** Bytes in the piece that is being written. */
  get size(): number {
    return this.#file.size;
  }

  /** Appends records for these, after what was found out of order since. All of them are written, or it throws. */
  append(time: string, entries: readonly (AuditEntry | ExecutorEntry)[]): void {
    if (this.#file.follow()) this.#takeOver();
    let { seq, hash } = this.#head;
    let records = '';
    for (const entry of this.hasFindings ? [...this.#findings, ...entries] : entries) {
      seq += 1;
      const line = `{"v":1,"seq":${seq},"prev":"${hash}","time":"${time}",${this.#texts.of(entry)}}`;
      hash = hashLine(line);
      records += `${line}\n`;
    }
    this.#file.append(records);
    this.#findings = [];
    this.#head = { seq, hash };
  }

  /** True where something out of order is waiting to be told. */
  get hasFindings(): boolean {
    return this.#findings.length > 0;
  }

  /** Finishes the piece that is being written. Does nothing while it is empty. */
  rotate(): void {
    if (this.size > 0) this.#file.setAside(pieceName(this.#file.path, this.#head.seq));
  }

  close(): void {
    this.#file.close();
  }

  /** Somebody moved or changed the file: the chain goes on in the one that is there now. */
  #takeOver(): void {
    this.#setDamagedAside();
    this.#tellOfTorn();
    this.#find('log_changed', { after: this.#head.seq });
  }

  /** A file whose end is no record is kept under another name: nothing can follow on it. */
  #setDamagedAside(): void {
    const { lastLine, torn } = this.#file;
    if (lastLine === null || readLink(lastLine) !== null) return;
    // As it was, the half line at its end included.
    if (torn !== null) this.#file.append(Buffer.from(torn, 'latin1'));
    const aside = this.#freeName();
    this.#file.setAside(aside);
    this.#find('damaged_log', { kept_as: aside });
  }

  #tellOfTorn(): void {
    const { torn } = this.#file;
    if (torn === null) return;
    const bytes = Buffer.from(torn, 'latin1');
    if (bytes.length <= MAX_TORN) {
      this.#find('torn_record', { base64: bytes.toString('base64') });
      return;
    }
    const aside = this.#freeName();
    this.#files.writeFileSync(aside, bytes, { mode: 0o600, flag: 'wx' });
    this.#find('torn_record', { kept_as: aside });
  }

  /** A name for what is damaged that nothing has yet: two can be found in one millisecond. */
  #freeName(): string {
    const name = `${this.#file.path}.damaged-${this.#now()}`;
    for (let count = 1; ; count += 1) {
      const free = count === 1 ? name : `${name}-${count}`;
      if (!this.#files.lstatSync(free, { throwIfNoEntry: false })) return free;
    }
  }

  #find(event: string, detail: EventEntry['detail']): void {
    this.#findings.push({ type: 'event', event, spoke: null, detail });
  }
}

/** Where the newest finished piece ends. */
function newestHead(files: FilesNow, path: string): ChainHead {
  const newest = finishedPieces(basename(path), files.readdirSync(dirname(path))).at(-1);
  const line = newest ? lastLineOf(files, `${dirname(path)}/${newest.name}`) : null;
  return headOf(line) ?? { seq: newest?.last ?? 0, hash: CHAIN_START };
}

/** The place of the record in a line; null where there is no record in it. */
export function headOf(line: string | null): ChainHead | null {
  const link = line === null ? null : readLink(line);
  return line === null || link === null ? null : { seq: link.seq, hash: hashLine(line) };
}
