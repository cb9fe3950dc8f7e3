import type { QueuedNotification } from '../../schemas/control.ts';
import type { Notice } from '../../schemas/wire.ts';
import { AxiumError, errno } from '../errors.ts';
import type { Powers, Timer } from '../powers.ts';
import { encode, Journal, readJournal } from './journal.ts';

const MAX_PER_SOURCE = 100;
const MAX_IN_ALL = 1000;
/** What was leased and not acknowledged is there again after this long. */
const LEASE_MS = 30_000;

type QueuePowers = Pick<Powers, 'files' | 'filesNow' | 'replaceFile' | 'clock' | 'randomHex'>;

interface Lease {
  readonly ids: readonly string[];
  readonly timer: Timer;
}

/**
 * Notifications on their way to a person. One is accepted when it is on disk, and it leaves the queue when whoever took
 * it says so: leases that end otherwise put theirs back. A restart ends every lease.
 */
export class NotificationQueue {
  readonly #powers: QueuePowers;
  readonly #journal: Journal;
  readonly #queued: Map<string, QueuedNotification>;
  readonly #leases = new Map<string, Lease>();

  private constructor(powers: QueuePowers, journal: Journal, queued: Map<string, QueuedNotification>) {
    this.#powers = powers;
    this.#journal = journal;
    this.#queued = queued;
  }

  /**
   * Opens the queue, with what an earlier run accepted and nobody took. Damaged lines are kept in a file beside it,
   * whose name the warning tells.
   */
  static async open(
    powers: QueuePowers,
    path: string,
  ): Promise<{ queue: NotificationQueue; warning: string | null }> {
    const text = await powers.files.readFile(path, 'utf8').catch((error: unknown) => {
      if (errno(error) === 'ENOENT') return '';
      throw error;
    });
    const { changes, damaged } = readJournal(text);
    const aside = `${path}.damaged-${powers.clock.now()}`;
    if (damaged > 0) await powers.replaceFile(aside, text);
    const queued = new Map<string, QueuedNotification>();
    for (const change of changes) {
      if (change.op === 'add') queued.set(change.notification.id, change.notification);
      else for (const id of change.ids) queued.delete(id);
    }
    // What is done with is dropped here, so that the file does not grow over the years.
    const kept = [...queued.values()].map((notification) => encode({ op: 'add', notification })).join('');
    if (kept !== text) await powers.replaceFile(path, kept);
    const queue = new NotificationQueue(powers, new Journal(powers, path), queued);
    const warning =
      damaged > 0 ? `${path}: ${damaged} damaged lines were left out; the file as it was is ${aside}` : null;
    return { queue, warning };
  }

  /** Accepts a notification and settles with its id once it is on disk. Throws `quota` where the queue is full. */
  async add(source: string, notice: Notice): Promise<string> {
    const ofSource = [...this.#queued.values()].filter((queued) => queued.source === source).length;
    if (ofSource >= MAX_PER_SOURCE || this.#queued.size >= MAX_IN_ALL) {
      throw new AxiumError('quota', "the queue of notifications is full; 'axium notify drain' empties it");
    }
    const { clock, randomHex } = this.#powers;
    const notification = { id: randomHex(8), time: new Date(clock.now()).toISOString(), source, ...notice };
    // In the queue before it is on disk, so that those under way count; it is not handed out before.
    this.#queued.set(notification.id, notification);
    this.#pending.add(notification.id);
    try {
      await this.#journal.write({ op: 'add', notification });
    } catch (error) {
      this.#queued.delete(notification.id);
      throw new AxiumError(
        'unavailable',
        `the notification could not be stored (${errno(error) || 'unknown error'})`,
      );
    } finally {
      this.#pending.delete(notification.id);
    }
    return notification.id;
  }

  readonly #pending = new Set<string>();

  /** Hands out everything that nobody else has; the lease is null where there is nothing. */
  lease(): { readonly lease: string | null; readonly notifications: readonly QueuedNotification[] } {
    const taken = new Set([...this.#leases.values()].flatMap(({ ids }) => ids));
    const notifications = [...this.#queued.values()].filter(
      ({ id }) => !taken.has(id) && !this.#pending.has(id),
    );
    if (notifications.length === 0) return { lease: null, notifications };
    const lease = this.#powers.randomHex(16);
    const timer = this.#powers.clock.after(LEASE_MS, () => this.#leases.delete(lease));
    this.#leases.set(lease, { ids: notifications.map(({ id }) => id), timer });
    return { lease, notifications };
  }

  /** Takes what was leased out of the queue for good. Throws `not_found` for a lease that has ended. */
  async acknowledge(lease: string): Promise<number> {
    const held = this.#leases.get(lease);
    if (!held) throw new AxiumError('not_found', 'this lease has ended; what it held is in the queue again');
    held.timer.cancel();
    const ids = held.ids.filter((id) => this.#queued.has(id));
    try {
      await this.#journal.write({ op: 'done', ids }).catch((error: unknown) => {
        const why = errno(error) || 'unknown error';
        throw new AxiumError(
          'unavailable',
          `it could not be stored that these were taken (${why}); they stay in the queue`,
        );
      });
      for (const id of ids) this.#queued.delete(id);
    } finally {
      this.#leases.delete(lease);
    }
    return ids.length;
  }

  close(): void {
    for (const { timer } of this.#leases.values()) timer.cancel();
    this.#journal.close();
  }
}
