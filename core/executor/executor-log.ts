import { basename, dirname } from 'node:path';
import type { ChainHead, EventEntry } from '../../schemas/audit.ts';
import { finishedPieces } from '../../schemas/audit-pieces.ts';
import type { ExecutorEntry } from '../../schemas/executor.ts';
import { lastLinesOf } from '../append-file.ts';
import { beginsWrite, headOf, readLink } from '../audit/chain.ts';
import { ChainedLog } from '../audit/chained-log.ts';
import { innerJson } from '../audit/inner-json.ts';
import { AxiumError } from '../errors.ts';
import type { ExecutorPowers } from './powers.ts';
import type { Seen } from './seen.ts';

const PIECE_BYTES = 16_777_216;
/** Finished pieces that are kept: a quarter of a gibibyte. */
const KEPT_PIECES = 16;

/**
 * The executor's own chain of records, which only root can write. A record is written when `record` returns; where it
 * cannot be written, that throws, and then nothing may be done.
 */
export class ExecutorLog {
  readonly #powers: Pick<ExecutorPowers, 'files' | 'clock'>;
  readonly #path: string;
  readonly #log: ChainedLog;

  constructor(powers: Pick<ExecutorPowers, 'files' | 'clock' | 'uid'>, path: string) {
    this.#powers = powers;
    this.#path = path;
    this.#log = new ChainedLog(powers.files, path, powers.clock.now, powers.uid);
  }

  get head(): ChainHead {
    return this.#log.head;
  }

  record(entry: ExecutorEntry | EventEntry): ChainHead {
    this.#log.follow();
    this.#log.append(new Date(this.#powers.clock.now()).toISOString(), [innerJson(entry)]);
    const { head } = this.#log;
    if (this.#log.size > PIECE_BYTES) this.#finishPiece();
    return head;
  }

  close(): void {
    this.#log.close();
  }

  /**
   * Marks what an earlier run carried out, and records what it did not live to tell the end of. Throws `invalid` for a line
   * that is no record: what was carried out could stand in it, and would be done again.
   */
  recall(seen: Seen): void {
    const open = new Map<number, string>();
    // A piece can have been finished a moment before: what stands in it is as young as what stands in this one.
    const { newest } = this.#finished();
    const paths = [...(newest === undefined ? [] : [newest.path]), this.#path];
    for (const line of paths.flatMap((path) => this.#linesOf(path))) {
      const { seq, type, effect, uid, request, of } = JSON.parse(line) as Record<string, unknown>;
      if (type === 'result') open.delete(Number(of));
      if (type !== 'privileged' || effect !== 'allow') continue;
      seen.add(Number(uid), String(request));
      open.set(Number(seq), String(request));
    }
    for (const [of, request] of open) {
      this.record({ type: 'result', of, end: 'unknown', code: null, signal: null, duration_ms: 0 });
      this.record({ type: 'event', event: 'interrupted', spoke: null, detail: { of, request } });
    }
  }

  #linesOf(path: string): readonly string[] {
    const lines = this.#powers.files.readFileSync(path, 'utf8').split('\n').slice(0, -1);
    const damaged = lines.findIndex((line) => readLink(line) === null);
    if (damaged === -1) return lines;
    throw new AxiumError(
      'invalid',
      `${path}:${damaged + 1}: expected a record, found none, so nothing is carried out; find out who wrote there, then: mv ${path} ${path}.damaged`,
    );
  }

  #finishPiece(): void {
    this.#log.rotate();
    const { files } = this.#powers;
    const { pieces } = this.#finished();
    const expired = pieces.slice(0, Math.max(0, pieces.length - KEPT_PIECES));
    const newest = expired.at(-1);
    if (newest === undefined) return;
    // Recorded before it is done, so that the chain tells why it begins where it does.
    const end = headOf(lastLinesOf(files, newest.path, beginsWrite));
    const detail = { seq: newest.last, hash: end?.hash ?? null, pieces: expired.length };
    this.record({ type: 'event', event: 'audit_pruned', spoke: null, detail });
    for (const { path } of expired) files.unlinkSync(path);
  }

  /** The finished pieces, the oldest first. */
  #finished() {
    const directory = dirname(this.#path);
    const pieces = finishedPieces(basename(this.#path), this.#powers.files.readdirSync(directory)).map(
      (piece) => ({ ...piece, path: `${directory}/${piece.name}` }),
    );
    return { pieces, newest: pieces.at(-1) };
  }
}
