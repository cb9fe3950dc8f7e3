import { createHash } from 'node:crypto';
import { describePolicy } from '../policy/describe.ts';
import { mergeLayers } from '../policy/merge.ts';
import type { Guard, Policy } from '../policy/policy.ts';
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

/** Joins what a spoke declares with what its user overrides, and keeps the result until one of the two changes. */
export function createRights({ strict, guard, overrides }: RightsInput) {
  let cache = new WeakMap<LoadedManifest, SpokeRights>();
  let madeFor: OverridesState | null = null;

  const build = (spoke: LoadedManifest, state: OverridesState): SpokeRights => {
    const policyUnder = (version: LoadedOverrides | null): Policy =>
      mergeLayers({
        spoke: spoke.manifest.name,
        base: spoke.base,
        overrides: version && !strict ? layersFor(version, spoke.manifest.name) : [],
        open: strict || version !== null,
        guard: guard(),
      });
    const current = policyUnder(state.inForce);
    const policies = (
      state.pending && !strict ? [current, policyUnder(state.pending)] : [current]
    ) as SpokeRights['policies'];
    return { policies, hash: fingerprint(policies) };
  };

  return {
    of(spoke: LoadedManifest): SpokeRights {
      const state = overrides();
      if (state !== madeFor) {
        cache = new WeakMap();
        madeFor = state;
      }
      const known = cache.get(spoke) ?? build(spoke, state);
      cache.set(spoke, known);
      return known;
    },
    /** Forgets everything, since the guarded places changed. */
    forget(): void {
      madeFor = null;
    },
  };
}

export type Rights = ReturnType<typeof createRights>;

function fingerprint(policies: readonly Policy[]): string {
  const described = JSON.stringify(policies.map(describePolicy));
  return createHash('sha256').update(described).digest('hex').slice(0, 16);
}
