import { AxiumError } from '../errors.ts';
import type { Clock, Timer } from '../powers.ts';

/** Answers up to so many bytes need no room: what a spoke can have of them under way is little. */
const SMALL = 262_144;

export interface RoomLimits {
  /** Bytes of large answers that may be under way, of all spokes together and of one. */
  readonly bytes: number;
  readonly perSpoke: number;
  /** Milliseconds after which a request that waits for room is answered with `busy`. */
  readonly patience: number;
}

const ROOM_LIMITS: RoomLimits = { bytes: 12_582_912, perSpoke: 8_388_608, patience: 10_000 };

/** The room of one answer. */
export interface Hold {
  /** Settles once there is room for so many bytes. Throws `busy` where there is none in time. */
  readonly take: (bytes: number) => Promise<void>;
  /** The answer has left, or will never come. */
  readonly release: () => void;
}

interface Waiting {
  readonly spoke: string;
  readonly bytes: number;
  readonly grant: () => void;
}

/**
 * Room for large answers, from before what they hold is read until they have left: a spoke that does not read them costs
 * the daemon a bounded amount of memory, however many such spokes there are, and one alone never has all of it. Who waits
 * has its turn in the order in which it came, but for those whose own spoke has all that it may.
 */
export class ReplyRoom {
  readonly #clock: Clock;
  readonly #limits: RoomLimits;
  readonly #taken = new Map<string, number>();
  #all = 0;
  #waiting: Waiting[] = [];

  constructor(clock: Clock, limits: RoomLimits = ROOM_LIMITS) {
    this.#clock = clock;
    this.#limits = limits;
  }

  hold(spoke: string): Hold {
    let taken = 0;
    return {
      take: async (bytes) => {
        if (bytes <= SMALL) return;
        await this.#grant(spoke, bytes);
        taken += bytes;
      },
      release: () => {
        this.#add(spoke, -taken);
        taken = 0;
        this.#serveWaiting();
      },
    };
  }

  #grant(spoke: string, bytes: number): Promise<void> {
    return new Promise((resolve, reject) => {
      let timer: Timer | null = null;
      const waiting: Waiting = {
        spoke,
        bytes,
        grant: () => {
          timer?.cancel();
          this.#add(spoke, bytes);
          resolve();
        },
      };
      this.#waiting.push(waiting);
      this.#serveWaiting();
      if (!this.#waiting.includes(waiting)) return;
      timer = this.#clock.after(this.#limits.patience, () => {
        this.#waiting = this.#waiting.filter((other) => other !== waiting);
        const error = 'too many large answers are still to be read; read yours, or ask for less at once';
        reject(new AxiumError('busy', error));
        this.#serveWaiting();
      });
    });
  }

  #serveWaiting(): void {
    for (const next of [...this.#waiting]) {
      if ((this.#taken.get(next.spoke) ?? 0) + next.bytes > this.#limits.perSpoke) continue;
      // Whoever needs much is not passed by those who need little.
      if (this.#all + next.bytes > this.#limits.bytes) return;
      this.#waiting = this.#waiting.filter((other) => other !== next);
      next.grant();
    }
  }

  #add(spoke: string, bytes: number): void {
    const now = (this.#taken.get(spoke) ?? 0) + bytes;
    if (now === 0) this.#taken.delete(spoke);
    else this.#taken.set(spoke, now);
    this.#all += bytes;
  }
}
