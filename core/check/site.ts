import { isStrict, type Places, spokesPath } from '../../schemas/places.ts';
import type { HostPolicyPlace } from '../open-state.ts';
import { ownPlaces } from '../own-places.ts';
import type { Guard } from '../policy/policy.ts';
import type { Powers } from '../powers.ts';
import { becauseRenamed, findNameBefore, NO_CONSENT, readConsents } from '../registry/consent-file.ts';
import { type Standing, unmetExpectations } from '../registry/expectations.ts';
import { type HostPolicyState, readHostPolicy, stateAtFirst } from '../registry/host-policy-file.ts';
import {
  type LoadedOverrides,
  MAX_OVERRIDES_BYTES,
  NO_OVERRIDES,
  parseOverrides,
} from '../registry/load-overrides.ts';
import { ownersFor } from '../registry/owners.ts';
import { InvalidFile } from '../registry/problem.ts';
import { readText } from '../registry/read-text.ts';
import { createRights, type Rights } from '../registry/rights.ts';
import { SpokeBook } from '../registry/spoke-book.ts';

/** What a one-shot look at the files is given: the world, and where everything lies. */
export interface Site {
  readonly powers: Powers;
  readonly places: Places;
  readonly home: string;
  readonly packageRoot: string;
  readonly hostPolicy: HostPolicyPlace;
}

/** The spokes of a site and what decides beside them, read as the daemon reads it. */
export interface OpenSite extends Site {
  readonly strict: boolean;
  readonly host: HostPolicyState;
  readonly book: SpokeBook;
  readonly guard: Guard;
  readonly standing: Standing;
  /** The rights under one version of permissions.yaml; in strict mode under none, unless `strict` says otherwise. */
  readonly rightsUnder: (overrides: LoadedOverrides, strict?: boolean) => Rights;
}

/** Throws InvalidFile where `config.yaml` is broken. */
export async function openSite(site: Site): Promise<OpenSite> {
  const { powers, places, home, packageRoot, hostPolicy } = site;
  const host = stateAtFirst(await readHostPolicy({ powers, home, ...hostPolicy }));
  const strict = isStrict(powers.env) || host.inForce.some((policy) => policy.strict);
  const book = await SpokeBook.open({
    powers,
    configFile: places.configFile,
    roots: [places.spokesDirectory, ...spokesPath(powers.env)],
    bundledRoot: `${packageRoot}/spokes`,
    home,
    host: () => host,
  });
  const { consents } = await readConsents(powers, places.consents);
  // One that was never seen would be remembered by a daemon; where what was remembered is lost, all would wait.
  const unseen = consents === null || book.config.consent.first === 'ask' ? NO_CONSENT : null;
  const nameBefore = consents && findNameBefore(consents);
  const standing: Standing = {
    consent: ({ manifest: { name } }) => consents?.get(name) ?? unseen,
    closed: ({ manifest: { name }, directory }) => {
      const before = nameBefore?.(name, directory) ?? null;
      return before === null ? null : becauseRenamed(before, name);
    },
  };
  const guard = { home, neverWrite: await ownPlaces({ powers, places, packageRoot, book }) };
  return {
    ...site,
    strict,
    host,
    book,
    guard,
    standing,
    rightsUnder: (overrides, isStrictly = strict) => {
      const state = { inForce: overrides, pending: null, problems: [] };
      return createRights({
        strict: () => isStrictly,
        guard: () => guard,
        overrides: () => state,
        ...standing,
        host: () => host,
      });
    },
  };
}

/** The text of permissions.yaml as it lies there, null where there is none. Throws InvalidFile where it is not to be read. */
export async function readOverridesText({ powers, places }: Site): Promise<string | null> {
  const read = await readText(powers.files, places.permissionsFile, {
    maxBytes: MAX_OVERRIDES_BYTES,
    follow: true,
    owners: ownersFor(powers),
  });
  return read?.text ?? null;
}

/**
 * What permissions.yaml says, as the daemon would take it. Throws InvalidFile with every problem, and for a file that does
 * not do what it expects of itself.
 */
export async function loadOverrides(open: OpenSite): Promise<LoadedOverrides> {
  const loaded = compileOverrides(open, (await readOverridesText(open)) ?? '');
  const unmet = unmetIn(open, loaded);
  if (unmet.length > 0) throw new InvalidFile(unmet);
  return loaded;
}

/** What a version of permissions.yaml fails of what it expects, as the daemon would find it. */
export function unmetIn({ book, guard, standing, powers }: OpenSite, version: LoadedOverrides) {
  return unmetExpectations(version, book, { guard, standing, now: powers.clock.now() });
}

/** The overrides that count now: in strict mode none, whatever the file says. */
export async function overridesThatCount(open: OpenSite): Promise<LoadedOverrides> {
  return open.strict ? NO_OVERRIDES : loadOverrides(open);
}

/** A text compiled as permissions.yaml. Throws InvalidFile with every problem. */
export function compileOverrides(
  { powers, places, home }: Site,
  text: string,
  file = places.permissionsFile,
): LoadedOverrides {
  return text === '' ? NO_OVERRIDES : parseOverrides(file, text, { home, env: powers.env });
}
