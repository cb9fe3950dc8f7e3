import { createHash } from 'node:crypto';
import { describePolicy } from '../policy/describe.ts';
import { mergeLayers } from '../policy/merge.ts';
import type { Guard, Layer, Policy } from '../policy/policy.ts';
import type { LoadedManifest } from './load-manifest.ts';
import { type LoadedOverrides, layersFor } from './load-overrides.ts';
import type { OverridesState } from './overrides-file.ts';

/** The policies that count for one spoke at this moment, and the hash by which records name them. */
export interface SpokeRights {
  /** One, or two while a new permissions.yaml waits to be confirmed: then the strictest answer counts. */
  readonly policies: readonly [Policy, ...Policy[]];
  readonly hash: string;
}

export interface RightsInput {
  readonly strict: boolean;
  readonly guard: () => Guard;
  readonly overrides: () => OverridesState;
}

/** What was made for one spoke, and of what. */
interface Made {
  readonly state: OverridesState;
  readonly policies: readonly MadePolicy[];
  readonly rights: SpokeRights;
}

interface MadePolicy {
  readonly layers: readonly Layer[];
  readonly open: boolean;
  readonly policy: Policy;
}

/**
 * Joins what a spoke declares with what its user overrides, and keeps the result until one of the two changes: a version
 * that was confirmed, or a file that was found broken, makes no policy anew.
 */
export function createRights({ strict, guard, overrides }: RightsInput) {
  let cache = new WeakMap<LoadedManifest, Made>();

  const policyUnder = (
    spoke: LoadedManifest,
    version: LoadedOverrides | null,
    known: readonly MadePolicy[],
  ): MadePolicy => {
    const { name } = spoke.manifest;
    const layers = version && !strict ? layersFor(version, name) : [];
    const open = strict || version !== null;
    const same = known.find((made) => made.open === open && areSame(made.layers, layers));
    if (same) return same;
    const ownConfig = spoke.bundled ? `${spoke.directory}/${name}.yaml` : undefined;
    const input = { spoke: name, base: spoke.base, overrides: layers, open, ownConfig, guard: guard() };
    return { layers, open, policy: mergeLayers(input) };
  };

  const make = (spoke: LoadedManifest, state: OverridesState, before: Made | undefined): Made => {
    const versions = state.pending && !strict ? [state.inForce, state.pending] : [state.inForce];
    const made = versions.map((version) => policyUnder(spoke, version, before?.policies ?? []));
    const policies = made.map(({ policy }) => policy) as [Policy, ...Policy[]];
    const rights =
      before && areSame(before.rights.policies, policies)
        ? before.rights
        : { policies, hash: fingerprint(policies) };
    return { state, policies: made, rights };
  };

  return {
    of(spoke: LoadedManifest): SpokeRights {
      const state = overrides();
      const before = cache.get(spoke);
      if (before?.state === state) return before.rights;
      const made = make(spoke, state, before);
      cache.set(spoke, made);
      return made.rights;
    },
    /** Forgets everything, since the guarded places changed. */
    forget(): void {
      cache = new WeakMap();
    },
  };
}

function areSame<T>(some: readonly T[], others: readonly T[]): boolean {
  return some.length === others.length && some.every((one, index) => one === others[index]);
}

export type Rights = ReturnType<typeof createRights>;

function fingerprint(policies: readonly Policy[]): string {
  const described = JSON.stringify(policies.map(describePolicy));
  return createHash('sha256').update(described).digest('hex').slice(0, 16);
}
