import type { QueuedNotification } from '../../schemas/control-shown.ts';
import type { Notice } from '../../schemas/wire.ts';
import { TokenBucket } from '../channel/limits.ts';
import { AxiumError } from '../errors.ts';
import { removeLeftovers } from '../leftovers.ts';
import type { Powers } from '../powers.ts';
import { describeFailure } from '../state-file.ts';
import { encodeStanding, REMEMBERED, readJournal, replay, type Standing } from './changes.ts';
import { Journal } from './journal.ts';
import { Leases } from './leases.ts';
import { keepDamaged, readQueueFile } from './queue-file.ts';
import { Waiters } from './waiters.ts';

export interface QueueLimits {
  /** Notifications of one source that may be queued, and of all spokes together. */
  readonly perSource: number;
  readonly inAll: number;
  /** Notifications a second of one source over time, and how many may come at once. */
  readonly perSecond: number;
  readonly burst: number;
}

export const QUEUE_LIMITS: QueueLimits = { perSource: 100, inAll: 1000, perSecond: 1, burst: 60 };

/** What Axium itself has to say is never kept out by what spokes have said. */
const OWN_SOURCE = 'system';

type QueuePowers = Pick<Powers, 'files' | 'filesNow' | 'replaceFile' | 'clock' | 'randomHex' | 'uid'>;

/**
 * Notifications on their way to a person. One is accepted when it is on disk, and it leaves the queue when whoever took
 * it says so: leases that end otherwise put theirs back. A lease is on disk before it is handed out, so that whoever has
 * one can acknowledge it to the next run. One that says the same as another that is still queued is counted there.
 */
export class NotificationQueue {
  readonly #powers: QueuePowers;
  readonly #limits: QueueLimits;
  readonly #journal: Journal;
  readonly #queued: Map<string, QueuedNotification>;
  /** Being written: neither handed out nor counted on by others before that has ended. */
  readonly #writing = new Map<string, Promise<unknown>>();
  /** Those of them that are not on disk at all yet. */
  readonly #new = new Set<string>();
  readonly #buckets = new Map<string, TokenBucket>();
  readonly #leases: Leases;
  /** What the last leases held that were acknowledged, the newest last. */
  readonly #acknowledged: Map<string, readonly string[]>;
  readonly #waiters: Waiters;

  private constructor(powers: QueuePowers, path: string, standing: Standing, limits: QueueLimits) {
    this.#powers = powers;
    this.#limits = limits;
    this.#queued = new Map(standing.queued);
    this.#acknowledged = new Map(standing.acknowledged);
    this.#journal = new Journal(powers, path, () => encodeStanding(this.#standing()));
    this.#waiters = new Waiters(powers.clock);
    this.#leases = new Leases(powers, (lease) => {
      // Where this is not on disk, the next run gives it a little more time.
      this.#journal.write({ op: 'free', lease }).catch(() => {});
      this.#waiters.wake();
    });
    for (const [lease, ids] of standing.leases) this.#leases.resume(lease, ids);
  }

  /**
   * Opens the queue, with what an earlier run accepted and nobody took. Damaged lines are kept in a file beside it,
   * whose name the warning tells.
   */
  static async open(
    powers: QueuePowers,
    path: string,
    limits: QueueLimits = QUEUE_LIMITS,
  ): Promise<{ queue: NotificationQueue; warning: string | null }> {
    await removeLeftovers(powers.files, path);
    const bytes = await readQueueFile(powers, path);
    const text = bytes.toString('utf8');
    const { changes, damaged } = readJournal(text);
    const aside = damaged > 0 ? keepDamaged(powers, path, bytes) : null;
    const standing = replay(changes);
    // What is done with is dropped here, so that the file does not grow over the years.
    const kept = encodeStanding(standing);
    if (kept !== text) await replace(powers, path, kept);
    const queue = new NotificationQueue(powers, path, standing, limits);
    const warning =
      aside === null
        ? null
        : `${path}: ${damaged} damaged lines were left out; the file as it was is ${aside}`;
    return { queue, warning };
  }

  /**
   * Accepts a notification and settles with its id once it is on disk. Throws `busy` where they come too fast, `quota`
   * where the queue is full, `unavailable` where it cannot be stored.
   */
  async add(source: string, notice: Notice): Promise<string> {
    if (!this.#bucketOf(source).take(this.#powers.clock.monotonic())) {
      const { perSecond } = this.#limits;
      throw new AxiumError(
        'busy',
        `notifications come too fast; expected at most ${perSecond} a second over time`,
      );
    }
    for (;;) {
      const same = this.#findSame(source, notice);
      if (same === null) return this.#addNew(source, notice);
      const writing = this.#writing.get(same.id);
      if (writing === undefined) return this.#countAgain(same);
      await writing.catch(() => {});
    }
  }

  /** Everything that is queued, handed out to somebody or not. */
  list(): readonly QueuedNotification[] {
    return [...this.#queued.values()].filter(({ id }) => !this.#new.has(id));
  }

  /** Everything that could be handed out now. */
  free(): readonly QueuedNotification[] {
    return [...this.#queued.values()].filter(({ id }) => !this.#leases.holds(id) && !this.#writing.has(id));
  }

  /**
   * Hands out everything that nobody else has, once it is on disk who has it; the lease is null where there is nothing.
   * Throws `unavailable` where that cannot be stored.
   */
  async lease(): Promise<{
    readonly lease: string | null;
    readonly notifications: readonly QueuedNotification[];
  }> {
    const notifications = this.free();
    if (notifications.length === 0) return { lease: null, notifications };
    const ids = notifications.map(({ id }) => id);
    const lease = this.#leases.begin(ids);
    await this.#journal.write({ op: 'lease', lease, ids }).catch((error: unknown) => {
      this.#leases.free(lease);
      throw new AxiumError(
        'unavailable',
        `it could not be stored who takes them (${describeFailure(error)}); they stay in the queue, and 'axium notify drain --peek' shows them`,
      );
    });
    // A disk can take longer than the lease lasts: then others may have been handed the same by now.
    if (!this.#leases.list().has(lease))
      throw new AxiumError(
        'unavailable',
        'it took too long to store who takes them; they are in the queue again',
      );
    return { lease, notifications };
  }

  /** Hands out everything that nobody else has, and forgets it. Throws `unavailable` where that cannot be stored. */
  async take(): Promise<readonly QueuedNotification[]> {
    const notifications = this.free();
    if (notifications.length > 0) await this.#end(this.#leases.begin(notifications.map(({ id }) => id)));
    return notifications;
  }

  /** Settles once there is something to lease, or after so many milliseconds; tells how much there is. */
  async wait(ms: number): Promise<number> {
    if (this.free().length === 0) await this.#waiters.wait(ms);
    return this.free().length;
  }

  /**
   * Takes what was leased out of the queue for good and tells how much that was; the same again for whoever has not heard
   * it. Throws `not_found` for a lease that has ended otherwise.
   */
  async acknowledge(lease: string): Promise<number> {
    const before = this.#acknowledged.get(lease);
    if (before) return before.length;
    const ids = await this.#end(lease, lease);
    if (ids === null)
      throw new AxiumError('not_found', 'this lease has ended; what it held is in the queue again');
    this.#acknowledged.set(lease, ids);
    for (const [oldest] of [...this.#acknowledged].slice(0, -REMEMBERED)) this.#acknowledged.delete(oldest);
    return ids.length;
  }

  close(): void {
    this.#leases.close();
    this.#waiters.close();
    this.#journal.close();
  }

  /** Ends a lease with everything that it holds; null where it has ended. `told` is what the journal calls it. */
  #end(lease: string, told?: string): Promise<readonly string[] | null> {
    return this.#leases.end(lease, async (held) => {
      const ids = held.filter((id) => this.#queued.has(id));
      const done = { op: 'done', ids, ...(told === undefined ? {} : { lease: told }) } as const;
      await this.#journal.write(done).catch((error: unknown) => {
        const why = describeFailure(error);
        throw new AxiumError(
          'unavailable',
          `it could not be stored that these were taken (${why}); they stay in the queue`,
        );
      });
      for (const id of ids) this.#queued.delete(id);
      return ids;
    });
  }

  #standing(): Standing {
    return {
      queued: new Map(this.list().map((notification) => [notification.id, notification])),
      leases: this.#leases.list(),
      acknowledged: this.#acknowledged,
    };
  }

  async #addNew(source: string, notice: Notice): Promise<string> {
    this.#requireRoom(source);
    const { clock, randomHex } = this.#powers;
    const time = new Date(clock.now()).toISOString();
    const notification = { id: randomHex(8), time, source, ...notice, count: 1 };
    // In the queue before it is on disk, so that those under way count for the limits.
    this.#queued.set(notification.id, notification);
    this.#new.add(notification.id);
    try {
      await this.#write(notification.id, { op: 'add', notification });
    } catch (error) {
      this.#queued.delete(notification.id);
      throw error;
    } finally {
      this.#new.delete(notification.id);
    }
    this.#waiters.wake();
    return notification.id;
  }

  async #countAgain({ id }: QueuedNotification): Promise<string> {
    const time = new Date(this.#powers.clock.now()).toISOString();
    await this.#write(id, { op: 'again', id, time });
    const found = this.#queued.get(id);
    if (found) this.#queued.set(id, { ...found, time, count: found.count + 1 });
    this.#waiters.wake();
    return id;
  }

  /** Writes a change of one notification, which nobody can lease meanwhile. Throws `unavailable`. */
  async #write(id: string, change: Parameters<Journal['write']>[0]): Promise<void> {
    const written = this.#journal.write(change);
    this.#writing.set(id, written);
    try {
      await written;
    } catch (error) {
      throw new AxiumError('unavailable', `the notification could not be stored (${describeFailure(error)})`);
    } finally {
      this.#writing.delete(id);
    }
  }

  /** One that says the same and that nobody has been handed. */
  #findSame(source: string, { title, body, level }: Notice): QueuedNotification | null {
    for (const queued of this.#queued.values()) {
      if (queued.source !== source || queued.title !== title) continue;
      if (queued.body === body && queued.level === level && !this.#leases.holds(queued.id)) return queued;
    }
    return null;
  }

  #requireRoom(source: string): void {
    let own = 0;
    let spokes = 0;
    for (const other of this.#queued.values()) {
      if (other.source === source) own += 1;
      if (other.source !== OWN_SOURCE) spokes += 1;
    }
    const full = source !== OWN_SOURCE && spokes >= this.#limits.inAll;
    if (own < this.#limits.perSource && !full) return;
    throw new AxiumError('quota', "the queue of notifications is full; 'axium notify drain' empties it");
  }

  #bucketOf(source: string): TokenBucket {
    const bucket = this.#buckets.get(source) ?? new TokenBucket(this.#limits, this.#powers.clock.monotonic());
    this.#buckets.set(source, bucket);
    return bucket;
  }
}

async function replace(powers: QueuePowers, path: string, text: string): Promise<void> {
  await powers.replaceFile(path, text).catch((error: unknown) => {
    throw new AxiumError('unavailable', `${path}: cannot be written (${describeFailure(error)})`);
  });
}
