import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { z } from 'zod';
import { errno } from './errors.ts';
import { removeLeftovers } from './leftovers.ts';
import type { Powers } from './powers.ts';
import { describeFailure, explainOpening, NEVER_ELSEWHERE, refuseStranger } from './state-file.ts';

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
      const aside = `${path}.damaged-${powers.clock.now()}`;
      const failure = await powers.files.rename(path, aside).then(() => null, describeFailure);
      const end = failure === null ? `it was moved to ${aside}` : `it cannot be moved away (${failure})`;
      powers.log.warn(
        `${path}: the latest time that was seen cannot be read (${describeFailure(error)}); ${end}`,
      );
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
    const text = `${JSON.stringify({ v: 1, sha256: sha256(latest), latest })}\n`;
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

async function read({ files, uid }: TimePowers, path: string): Promise<number> {
  const handle = await files.open(path, constants.O_RDONLY | NEVER_ELSEWHERE).catch((error: unknown) => {
    if (errno(error) === 'ENOENT') return null;
    throw explainOpening(path, error);
  });
  try {
    if (handle === null) return 0;
    const stat = await handle.stat();
    refuseStranger(path, stat, uid);
    if (stat.size > MAX_BYTES) throw new Error(`expected at most ${MAX_BYTES} bytes`);
    const { sha256: sum, latest } = schema.parse(JSON.parse(await handle.readFile('utf8')));
    if (sum !== sha256(latest)) throw new Error('its checksum is another');
    return Date.parse(latest);
  } finally {
    await handle?.close();
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
