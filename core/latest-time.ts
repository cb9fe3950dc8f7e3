import { hash } from 'node:crypto';
import { z } from 'zod';
import { removeLeftovers } from './leftovers.ts';
import { moveAside, readOwnFile } from './own-file.ts';
import type { Powers } from './powers.ts';
import { describeFailure } from './state-file.ts';

const schema = z.strictObject({ v: z.literal(1), sha256: z.string(), latest: z.iso.datetime() });

/** The file is written anew once the clock has gone on by so much. Milliseconds. */
const SAVE_MS = 60_000;
/** So much behind what was seen the clock has been set back, and not merely corrected. */
const TOLD_MS = 300_000;
const MAX_BYTES = 1024;

type TimePowers = Pick<Powers, 'files' | 'replaceFile' | 'clock' | 'uid' | 'log'>;

/**
 * The time by which what expires is judged: it never goes back, whatever the clock of the host is set to, and across
 * restarts neither. What has expired once is over.
 */
export class LatestTime {
  readonly #powers: TimePowers;
  readonly #path: string;
  #latest: number;
  #saved: number;
  #saving: Promise<void> = Promise.resolve();

  private constructor(powers: TimePowers, path: string, saved: number) {
    this.#powers = powers;
    this.#path = path;
    this.#saved = saved;
    this.#latest = saved;
  }

  /** Goes on from what an earlier run has seen. A damaged file is kept beside and told of, and counts as none. */
  static async open(powers: TimePowers, path: string): Promise<LatestTime> {
    await removeLeftovers(powers.files, path);
    const saved = await read(powers, path).catch(async (error: unknown) => {
      const why = describeFailure(error);
      const end = await moveAside(powers, path);
      powers.log.warn(`${path}: the latest time that was seen cannot be read (${why}); ${end}`);
      return 0;
    });
    const time = new LatestTime(powers, path, saved);
    time.now();
    // So that nothing of it is under way any more when an opened state is closed at once.
    await time.#saving;
    return time;
  }

  /** Milliseconds since the epoch: those of the clock, or the latest that it has told. */
  readonly now = (): number => {
    const told = this.#powers.clock.now();
    if (told > this.#latest) {
      this.#latest = told;
      if (told - this.#saved >= SAVE_MS) void this.save();
    }
    return this.#latest;
  };

  /** Writes down what was seen, so that the next run goes on from there. Never rejects. */
  save(): Promise<void> {
    this.#saved = this.#latest;
    const latest = new Date(this.#latest).toISOString();
    const text = `${JSON.stringify({ v: 1, sha256: hash('sha256', latest), latest })}\n`;
    this.#saving = this.#saving
      .then(() => this.#powers.replaceFile(this.#path, text))
      .catch((error: unknown) => {
        this.#powers.log.warn(`${this.#path}: could not be written (${describeFailure(error)})`);
      });
    return this.#saving;
  }

  /** What a user should know whose clock was set back. */
  notes(): readonly string[] {
    const latest = this.now();
    if (latest - this.#powers.clock.now() < TOLD_MS) return [];
    return [
      `the clock was set back: what expires is judged by ${new Date(latest).toISOString()}, the latest time that it told; if that was wrong, run 'axium daemon stop', remove ${this.#path}, and start it again`,
    ];
  }
}

async function read(powers: TimePowers, path: string): Promise<number> {
  const text = await readOwnFile(powers, path, MAX_BYTES);
  if (text === null) return 0;
  const { sha256, latest } = schema.parse(JSON.parse(text));
  if (sha256 !== hash('sha256', latest)) throw new Error('its checksum is another');
  return Date.parse(latest);
}
