import { createHash } from 'node:crypto';
import { partByConsent } from '../policy/consent.ts';
import { describePolicy } from '../policy/describe.ts';
import { mergeLayers } from '../policy/merge.ts';
import type { Guard, Layer, Policy } from '../policy/policy.ts';
import type { Consent } from './consent-file.ts';
import { type HostPolicyState, NO_HOST_POLICY } from './host-policy-file.ts';
import { boundsFor } from './load-host-policy.ts';
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
  readonly strict: () => boolean;
  readonly guard: () => Guard;
  readonly overrides: () => OverridesState;
  /** What its user consented to of a spoke; null where all that it declares counts. */
  readonly consent?: (spoke: LoadedManifest) => Consent | null;
  /** Why nothing is allowed to a spoke before its user has looked at it; null where that is not so. */
  readonly closed?: (spoke: LoadedManifest) => string | null;
  readonly host?: () => HostPolicyState;
}

/** Everything by which the rights of one spoke are told, as it was when they were made. */
interface Sources {
  readonly state: OverridesState;
  readonly strict: boolean;
  readonly consent: Consent | null;
  readonly closed: string | null;
  readonly host: HostPolicyState;
}

/** What was made for one spoke, and what it was last found to follow from. */
interface Made {
  sources: Sources;
  readonly policies: readonly MadePolicy[];
  readonly rights: SpokeRights;
}

interface MadePolicy {
  readonly layers: readonly Layer[];
  readonly open: boolean;
  readonly policy: Policy;
}

/**
 * Joins what a spoke declares and its user consented to with what they override, bounds that by what the host says, and
 * keeps the result until one of these changes: a version that was confirmed, or a file that was found broken, makes no
 * policy anew.
 */
export function createRights({
  strict,
  guard,
  overrides,
  consent = ALL,
  closed = NEVER,
  host = NO_HOST,
}: RightsInput) {
  let cache = new WeakMap<LoadedManifest, Made>();

  const policyUnder = (
    spoke: LoadedManifest,
    version: LoadedOverrides | null,
    sources: Sources,
    known: readonly MadePolicy[],
  ): MadePolicy => {
    const { name } = spoke.manifest;
    const layers = version && !sources.strict ? layersFor(version, name) : [];
    const closedBecause = sources.host.closed ?? sources.closed ?? undefined;
    const open = (sources.strict || version !== null) && closedBecause === undefined;
    const same = known.find((made) => made.open === open && areSame(made.layers, layers));
    if (same) return same;
    const input = {
      spoke: name,
      ...consented(spoke, sources.consent),
      overrides: layers,
      ...boundsBy(sources.host, name),
      open,
      closedBecause,
      ownConfig: spoke.bundled ? `${spoke.directory}/${name}.yaml` : undefined,
      guard: guard(),
    };
    return { layers, open, policy: mergeLayers(input) };
  };

  const make = (spoke: LoadedManifest, sources: Sources, before: Made | undefined): Made => {
    const known = before && differOnlyInOverrides(before.sources, sources) ? before.policies : [];
    const made = versionsOf(sources).map((version) => policyUnder(spoke, version, sources, known));
    const policies = made.map(({ policy }) => policy) as [Policy, ...Policy[]];
    const rights =
      before && areSame(before.rights.policies, policies)
        ? before.rights
        : { policies, hash: fingerprint(policies) };
    return { sources, policies: made, rights };
  };

  return {
    of(spoke: LoadedManifest): SpokeRights {
      const sources: Sources = {
        state: overrides(),
        strict: strict(),
        consent: consent(spoke),
        closed: closed(spoke),
        host: host(),
      };
      const before = cache.get(spoke);
      if (before && areTheSame(before.sources, sources)) return before.rights;
      if (before && concernsOthers(spoke.manifest.name, before, sources)) {
        before.sources = sources;
        return before.rights;
      }
      const made = make(spoke, sources, before);
      cache.set(spoke, made);
      return made.rights;
    },
    /** Forgets everything, since the guarded places changed. */
    forget(): void {
      cache = new WeakMap();
    },
  };
}

const ALL = () => null;
const NEVER = () => null;
const NO_HOST = () => NO_HOST_POLICY;

function consented(spoke: LoadedManifest, consent: Consent | null) {
  return consent === null
    ? { base: spoke.base }
    : partByConsent(spoke.base, consent.rights, spoke.manifest.name);
}

/** Of two versions of the host's policy that both count, each bounds. */
function boundsBy({ inForce }: HostPolicyState, spoke: string) {
  return {
    locks: new Map(inForce.flatMap(({ locks }) => [...locks])),
    bounds: inForce.flatMap((policy) => boundsFor(policy, spoke)),
  };
}

function areTheSame(one: Sources, other: Sources): boolean {
  return one.state === other.state && one.strict === other.strict && differOnlyInOverrides(one, other);
}

function differOnlyInOverrides(one: Sources, other: Sources): boolean {
  return one.consent === other.consent && one.closed === other.closed && one.host === other.host;
}

/** The versions of permissions.yaml that count. */
function versionsOf({ state, strict }: Sources): readonly (LoadedOverrides | null)[] {
  return state.pending && !strict ? [state.inForce, state.pending] : [state.inForce];
}

/**
 * True where an edit of permissions.yaml is none of what it tells this spoke: most edits are that for most spokes, so
 * this only looks up two layers for each version that counts.
 */
function concernsOthers(spoke: string, { sources: last, policies }: Made, sources: Sources): boolean {
  if (last.strict || sources.strict || !differOnlyInOverrides(last, sources)) return false;
  const versions = versionsOf(sources);
  if (versions.length !== policies.length) return false;
  const closed = (sources.host.closed ?? sources.closed) !== null;
  return policies.every(({ layers, open }, at) => {
    const version = versions[at] ?? null;
    return (
      open === (version !== null && !closed) &&
      areSame(layers, version === null ? [] : layersFor(version, spoke))
    );
  });
}

function areSame<T>(some: readonly T[], others: readonly T[]): boolean {
  return some.length === others.length && some.every((one, index) => one === others[index]);
}

export type Rights = ReturnType<typeof createRights>;

function fingerprint(policies: readonly Policy[]): string {
  const described = JSON.stringify(policies.map(describePolicy));
  return createHash('sha256').update(described).digest('hex').slice(0, 16);
}
