import { basename, dirname } from 'node:path';
import type { ChainHead, EventEntry } from '../../schemas/audit.ts';
import { finishedPieces, pieceName } from '../../schemas/audit-pieces.ts';
import { lastLinesOf } from '../append-file.ts';
import type { FilesNow } from '../powers.ts';
import { TextBytes } from '../text-bytes.ts';
import { beginsWrite, CHAIN_START, hashLines, headOf } from './chain.ts';
import { innerJson } from './inner-json.ts';
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
  readonly #texts = new TextBytes();
  #head: ChainHead;
  /** The last write, where it is not hashed yet: its bytes are good until the next one. */
  #unhashed: Buffer | null = null;
  #findings: EventEntry[] = [];

  constructor(files: FilesNow, path: string, now: () => number, uid?: number) {
    this.#files = files;
    this.#now = now;
    this.#file = new LogFile(files, path, uid, beginsWrite);
    try {
      this.#setDamagedAside();
      this.#head = headOf(this.#file.lastLines) ?? newestHead(files, path);
      this.#tellOfTorn();
    } catch (error) {
      this.#file.close();
      throw error;
    }
  }

  get head(): ChainHead {
    this.hash();
    return this.#head;
  }

  /**
   * Hashes the last write. What comes next begins with that, but until then nobody needs it: whoever is told of the last
   * write need not wait for it.
   */
  hash(): void {
    if (this.#unhashed === null) return;
    this.#head = { seq: this.#head.seq, hash: hashLines(this.#unhashed) };
    this.#unhashed = null;
  }

  /** Bytes in the piece that is being written. */
  get size(): number {
    return this.#file.size;
  }

  /**
   * Appends records of these entries, each as JSON without the braces around it, after what was found out of order since.
   * They are one write, whose first record carries the hash of the write before. All of them are written, or it throws.
   */
  append(time: string, entries: readonly string[]): void {
    let { seq } = this.head;
    let records = '';
    let prev = `"prev":"${this.#head.hash}",`;
    for (const entry of this.hasFindings ? [...this.#findings.map(innerJson), ...entries] : entries) {
      seq += 1;
      records += `{"v":2,"seq":${seq},${prev}"time":"${time}",${entry}}\n`;
      prev = '';
    }
    const bytes = this.#texts.bytesOf(records);
    this.#file.append(bytes);
    this.#findings = [];
    this.#head = { seq, hash: '' };
    this.#unhashed = bytes.subarray(0, -1);
  }

  /** To be called before `append`: where somebody moved or changed the file, the chain goes on in the one of its name. */
  follow(): void {
    if (this.#file.follow()) this.#takeOver();
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

  #takeOver(): void {
    this.#setDamagedAside();
    this.#tellOfTorn();
    this.#find('log_changed', { after: this.#head.seq });
  }

  /** A file whose end is no record is kept under another name: nothing can follow on it. */
  #setDamagedAside(): void {
    const { lastLines, torn } = this.#file;
    if (lastLines === null || headOf(lastLines) !== null) return;
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
  const lines = newest ? lastLinesOf(files, `${dirname(path)}/${newest.name}`, beginsWrite) : null;
  return headOf(lines) ?? { seq: newest?.last ?? 0, hash: CHAIN_START };
}
