import type { RecordEvent } from './open-state.ts';
import { expiresBetween } from './policy/expiry.ts';
import type { Clock } from './powers.ts';
import { watchExpiries } from './registry/expiry-watch.ts';
import { compareRules } from './registry/rule-changes.ts';
import type { SpokeBook } from './registry/spoke-book.ts';
import type { MayRun, Rights, RightsInForce } from './rights-in-force.ts';

export interface RightsChangesInput {
  readonly clock: Pick<Clock, 'now' | 'after'>;
  readonly book: Pick<SpokeBook, 'list'>;
  readonly rights: Pick<RightsInForce, 'of' | 'policies' | 'mayRun'>;
  readonly recordEvent: RecordEvent;
  readonly onChanged: (spoke: string) => void;
  /** Rights were taken away: what runs and may not any more is to be ended. */
  readonly onLost: (mayRun: MayRun) => void;
  /** A rule has expired. */
  readonly onExpiry?: () => void;
}

/** What was made known of all spokes at a moment, in milliseconds since the epoch. */
interface MadeKnown {
  readonly at: number;
  readonly rights: ReadonlyMap<string, Rights>;
}

/** Records how the rights of spokes change, with time as well, and has what depended on them taken away. */
export class RightsChanges {
  readonly #input: RightsChangesInput;
  readonly #expiries: ReturnType<typeof watchExpiries>;
  /** As they were last made known; null until the first time. */
  #made: MadeKnown | null = null;

  constructor(input: RightsChangesInput) {
    this.#input = input;
    this.#expiries = watchExpiries({
      clock: input.clock,
      policies: input.rights.policies,
      onExpiry: () => {
        input.onExpiry?.();
        this.notice();
      },
    });
  }

  /** Whether anything was made known yet. */
  get begun(): boolean {
    return this.#made !== null;
  }

  /** Makes known what there is, for the first time or anew. */
  begin(): void {
    this.#record(this.#made ?? { at: this.#input.clock.now(), rights: new Map() });
  }

  /** Something that rights follow from has changed. Before the first time there is nothing to tell of it. */
  notice(): void {
    if (this.#made !== null) this.#record(this.#made);
  }

  /** Ends what runs and may not, whether or not that is by a change. */
  revokeLost(): void {
    this.#input.onLost(this.#input.rights.mayRun);
  }

  /** Waits for no expiry any more. */
  close(): void {
    this.#expiries.close();
  }

  #record(last: MadeKnown): void {
    const { clock, book, rights: inForce, recordEvent, onChanged } = this.#input;
    const at = clock.now();
    const rights = new Map(book.list().map(({ manifest: { name } }) => [name, inForce.of(name)]));
    const all = new Set([...last.rights.keys(), ...rights.keys()]);
    const spokes = [...all].filter((spoke) => {
      const [before, after] = [last.rights.get(spoke), rights.get(spoke)];
      return before?.hash !== after?.hash || expiresBetween(after?.policies ?? [], last.at, at);
    });
    for (const spoke of spokes) {
      const [before, after] = [last.rights.get(spoke), rights.get(spoke)];
      const rules = compareRules(
        { policies: before?.policies ?? [], now: last.at },
        { policies: after?.policies ?? [], now: at },
      );
      if (before && after && isOnlyWaiting(after, rules)) {
        rights.set(spoke, before);
        continue;
      }
      recordEvent('authz_change', spoke, {
        before: before?.hash ?? null,
        after: after?.hash ?? null,
        ...rules,
      });
      onChanged(spoke);
    }
    this.#made = { at, rights };
    this.#expiries.rearm();
    if (spokes.length > 0) this.revokeLost();
  }
}

/** True where a version that waits to take its place takes nothing away: what it adds is a change once it has the place. */
function isOnlyWaiting({ policies }: Rights, { added, removed }: ReturnType<typeof compareRules>): boolean {
  return policies.length > 1 && added.length === 0 && removed.length === 0;
}
