import type { Manifest } from '../../schemas/manifest.ts';
import type { Event } from '../../schemas/wire.ts';
import { type Cause, causeIn } from './cause.ts';

/** Of more the oldest is forgotten: a start is over in seconds, and its retries in about a minute. */
const MAX_KEPT = 256;

/** What a spoke that is being started is to be told once it is ready, in the order in which it happened. */
export class KeptEvents {
  #events: Event[] = [];

  /** What says no more than what is kept already, such as that a file was changed, is not told twice. */
  add(event: Event): void {
    if (event.event !== 'env_change' && this.#events.some((kept) => isSame(kept, event))) return;
    this.#events.push(event);
    if (this.#events.length > MAX_KEPT) this.#events.shift();
  }

  /** All of them, which are told now and not kept any more. */
  take(): readonly Event[] {
    return this.#events.splice(0);
  }

  clear(): void {
    this.#events = [];
  }

  /** Why they start a spoke with this manifest, or null where none of them does. */
  causeIn(manifest: Manifest): Cause | null {
    return this.#events.map((event) => causeIn(manifest, event)).find((cause) => cause !== null) ?? null;
  }
}

function isSame(one: Event, other: Event): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
