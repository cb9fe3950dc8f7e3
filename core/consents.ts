import { createHash } from 'node:crypto';
import type { Review } from '../schemas/consent.ts';
import { AxiumError } from './errors.ts';
import { oneAfterTheOther } from './one-after-the-other.ts';
import type { RecordEvent } from './open-state.ts';
import { moveAside } from './own-file.ts';
import { declaredRights, partByConsent } from './policy/consent.ts';
import { describeWithheld } from './policy/describe.ts';
import type { Powers } from './powers.ts';
import { hashCode } from './registry/code-hash.ts';
import {
  becauseRenamed,
  type Consent,
  type Consents,
  findNameBefore,
  NO_CONSENT,
  readConsents,
  writeConsents,
} from './registry/consent-file.ts';
import type { LoadedManifest } from './registry/load-manifest.ts';
import { describeFailure } from './state-file.ts';

export interface ConsentsInput {
  readonly powers: Pick<Powers, 'files' | 'uid' | 'replaceFile' | 'clock' | 'log'>;
  readonly file: string;
  /** What becomes of a spoke that is found for the first time. */
  readonly first: () => 'accept' | 'ask';
  readonly recordEvent: RecordEvent;
}

/** What the user of this daemon consented to, of each spoke. */
export interface ConsentBook {
  /** Another object once it is another consent. */
  readonly of: (spoke: LoadedManifest) => Consent;
  /** The same before a spoke was noticed: null for one that is going to be taken with all that it declares. */
  readonly foreseen: (spoke: LoadedManifest) => Consent | null;
  /** Why nothing is allowed to a spoke, whatever was consented to under its name; null where that counts. */
  readonly closed: (spoke: LoadedManifest) => string | null;
  /** Remembers what spokes declare that were never seen before. */
  readonly notice: (spokes: readonly LoadedManifest[]) => Promise<void>;
  readonly review: (spoke: LoadedManifest) => Promise<Review>;
  /** Consents to what a review had shown. Throws `failed` where it is no longer that. */
  readonly accept: (spoke: LoadedManifest, offer: string) => Promise<void>;
  readonly notes: () => readonly string[];
}

/**
 * Remembers what each spoke declared when it was first found, so that an update which asks for more does not get it by
 * that alone. Consent is kept by name and never forgotten: a spoke that is removed and put back is the same spoke.
 */
export async function openConsents({
  powers,
  file,
  first,
  recordEvent,
}: ConsentsInput): Promise<ConsentBook> {
  const { files, clock, log } = powers;
  const read = await readConsents(powers, file);
  let consents: Consents = read.consents ?? new Map();
  let nameBefore = findNameBefore(consents);
  /** What is there when consents were lost may have had any, so that none is taken for a first one. */
  let isLost = read.consents === null;
  let trouble: string | null = null;
  if (read.damage !== null) {
    const aside = await moveAside(powers, file);
    trouble = `${read.damage}; ${aside}. What spokes ask for waits until you review each: axium spoke review <name>`;
    log.error(trouble);
  }
  const inTurn = oneAfterTheOther();

  async function keep(added: ReadonlyMap<string, Consent>): Promise<void> {
    const next = new Map([...consents, ...added]);
    await writeConsents(powers, file, next);
    consents = next;
    nameBefore = findNameBefore(next);
  }
  const given = async (spoke: LoadedManifest): Promise<Consent> => ({
    rights: declaredRights(spoke.base),
    code: await hashCode(files, spoke.directory),
    directory: spoke.directory,
    at: new Date(clock.now()).toISOString(),
  });
  /** An update cannot be another spoke by calling itself something else. */
  const before = ({ manifest: { name }, directory }: LoadedManifest) => nameBefore(name, directory);
  const atFirst = async (spoke: LoadedManifest, accepts: boolean): Promise<Consent> =>
    accepts && before(spoke) === null ? given(spoke) : { ...NO_CONSENT, directory: spoke.directory };
  const of = (spoke: LoadedManifest): Consent =>
    (before(spoke) === null ? consents.get(spoke.manifest.name) : null) ?? NO_CONSENT;
  const isTaken = (spoke: LoadedManifest) =>
    !consents.has(spoke.manifest.name) && before(spoke) === null && !isLost && first() === 'accept';
  async function review(spoke: LoadedManifest): Promise<Review> {
    const { name, version } = spoke.manifest;
    const consent = of(spoke);
    const { waiting } = partByConsent(spoke.base, consent.rights, name);
    const code = await hashCode(files, spoke.directory);
    const told = waiting === null ? [] : describeWithheld(waiting);
    return {
      spoke: name,
      version,
      directory: spoke.directory,
      waiting: told.map(({ rule, origin }) => (origin === null ? rule : `${rule} (${origin})`)),
      dropped: droppedRights(consent, spoke),
      code,
      code_changed: consent.code === null || code === null ? null : consent.code !== code,
      consented: consent.at,
      offer: offerOf(spoke, code),
    };
  }

  return {
    of,
    foreseen: (spoke) => (isTaken(spoke) ? null : of(spoke)),
    closed: (spoke) => {
      const known = before(spoke);
      return known === null ? null : becauseRenamed(known, spoke.manifest.name);
    },
    notice: (spokes) =>
      inTurn(async () => {
        const fresh = spokes.filter(({ manifest }) => !consents.has(manifest.name));
        if (fresh.length === 0) return;
        const accepts = !isLost && first() === 'accept';
        const added = new Map<string, Consent>();
        for (const spoke of fresh) added.set(spoke.manifest.name, await atFirst(spoke, accepts));
        const failure = await keep(added).then(() => null, describeFailure);
        if (failure !== null) {
          trouble = `${file}: what new spokes ask for cannot be remembered (${failure}), so it waits; make room, then run 'axium spoke reload'`;
          log.error(trouble);
          return;
        }
        if (isLost) isLost = false;
        else trouble = null;
        for (const [spoke, { at, code }] of added) {
          recordEvent(at === null ? 'consent_awaited' : 'consent_given', spoke, { first: true, code });
        }
      }),
    review,
    accept: (spoke, offer) =>
      inTurn(async () => {
        const { name } = spoke.manifest;
        const [shown, consent] = [await review(spoke), await given(spoke)];
        if (shown.offer !== offer || offerOf(spoke, consent.code) !== offer) {
          throw new AxiumError('failed', `spoke '${name}' has changed since it was shown; look at it again`);
        }
        await keep(new Map([[name, consent]]));
        recordEvent('consent_given', name, { first: false, code: consent.code, rights: shown.waiting });
      }),
    notes: () => (trouble === null ? [] : [trouble]),
  };
}

/** What was consented to and is not asked for any more. */
function droppedRights(consent: Consent, { base }: LoadedManifest): readonly string[] {
  const now = rightsText(declaredRights(base));
  return rightsText(consent.rights).filter((right) => !now.includes(right));
}

function rightsText(rights: Consent['rights']): readonly string[] {
  return Object.entries(rights).flatMap(([key, value]) => {
    if (Array.isArray(value)) {
      return value.map(({ pattern }) => `${key}: ${pattern}`);
    }
    return value === false || key === 'exec_profile' ? [] : [`${key}: ${value}`];
  });
}

/** Names a declaration and its code. Nothing that was shown can be exchanged for another before it is accepted. */
function offerOf({ base, directory }: LoadedManifest, code: string | null): string {
  const offered = JSON.stringify([directory, declaredRights(base), code]);
  return createHash('sha256').update(offered).digest('hex').slice(0, 32);
}
