import type { CommandTarget } from '../schemas/decision.ts';
import { decideStrictest } from './policy/decide.ts';
import type { Policy } from './policy/policy.ts';
import type { Clock } from './powers.ts';
import type { LoadedManifest } from './registry/load-manifest.ts';
import { createRights, type RightsInput, type SpokeRights } from './registry/rights.ts';
import type { SpokeBook } from './registry/spoke-book.ts';

/** What counts for a spoke: of several policies the strictest answer does, and of none nothing is allowed. */
export interface Rights {
  readonly policies: readonly Policy[];
  readonly hash: string;
}

/** Whether a command may go on; where a person has to be asked about it, because one has said yes. */
export type MayRun = (spoke: string, target: CommandTarget, approved: boolean) => boolean;

export interface RightsInForceInput extends RightsInput {
  readonly book: Pick<SpokeBook, 'get' | 'list' | 'found' | 'toRun'>;
  readonly clock: Pick<Clock, 'now'>;
}

/** The rights of each spoke at this moment, by its name and by its version. */
export interface RightsInForce {
  readonly of: (spoke: string) => Rights;
  /** Of one version, be it the one that counts or not; none where the spoke is gone. */
  readonly ofVersion: (spoke: LoadedManifest) => Rights;
  /** The same, whether or not the spoke is gone. */
  readonly declared: (spoke: LoadedManifest) => SpokeRights;
  /** The policies of every spoke there is, also of a version that is still to replace another. */
  readonly policies: () => readonly Policy[];
  readonly mayRun: MayRun;
  /** Makes them all anew, since the guarded places changed. */
  readonly forget: () => void;
}

export function rightsInForce(input: RightsInForceInput): RightsInForce {
  const { book, clock } = input;
  const rights = createRights(input);
  const both = joiner();
  const of = (spoke: string): Rights => {
    const known = book.get(spoke);
    // A spoke that is gone from disk while its process ends has no rights left.
    if (!known) return NO_RIGHTS;
    const next = book.toRun(spoke);
    return next === undefined || next === known ? rights.of(known) : both(rights.of(known), rights.of(next));
  };
  return {
    of,
    ofVersion: (spoke) => (book.get(spoke.manifest.name) ? rights.of(spoke) : NO_RIGHTS),
    declared: rights.of,
    policies: () => [...book.list(), ...book.found].flatMap((spoke) => rights.of(spoke).policies),
    mayRun(spoke, target, approved) {
      const query = { action: 'exec', target, anchors: new Map(), now: clock.now() } as const;
      const { effect } = decideStrictest(of(spoke).policies, query);
      return effect === 'allow' || (effect === 'ask' && approved);
    },
    forget: rights.forget,
  };
}

/**
 * While a changed version is still to take the place of the one that counts, both must allow: what it no longer asks for
 * is gone at once, even where the new one does not run, for that could be the spoke's own doing. The same object for the
 * same two: by it is told whether rights have changed while links were looked at.
 */
function joiner(): (counts: SpokeRights, next: SpokeRights) => Rights {
  const joined = new WeakMap<SpokeRights, { readonly next: SpokeRights; readonly rights: Rights }>();
  return (counts, next) => {
    if (counts.hash === next.hash) return counts;
    const known = joined.get(counts);
    if (known?.next === next) return known.rights;
    const policies = [...counts.policies, ...next.policies];
    const rights = { policies, hash: `${counts.hash}+${next.hash}` };
    joined.set(counts, { next, rights });
    return rights;
  };
}

const NO_RIGHTS: Rights = { policies: [], hash: '' };
