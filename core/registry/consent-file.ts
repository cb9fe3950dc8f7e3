import { hash } from 'node:crypto';
import { z } from 'zod';
import { declaredRightsSchema, NO_RIGHTS_DECLARED } from '../../schemas/consent.ts';
import { spokeNameSchema } from '../../schemas/names.ts';
import type { Powers } from '../powers.ts';
import { ownersFor, type RegistryPowers } from './owners.ts';
import { InvalidFile } from './problem.ts';
import { readText } from './read-text.ts';

const consentSchema = z.strictObject({
  rights: declaredRightsSchema,
  /** The hash of the code when its user consented; null where it could not be told, or nobody did. */
  code: z.string().nullable(),
  /** Where the spoke lay then: what comes there under another name is the same spoke. */
  directory: z.string().nullable(),
  /** When that was, ISO 8601; null where nobody has consented yet. */
  at: z.iso.datetime().nullable(),
});

/** What a user consented to of one spoke. */
export type Consent = z.infer<typeof consentSchema>;
export type Consents = ReadonlyMap<string, Consent>;

const spokesSchema = z.record(spokeNameSchema, consentSchema);
const fileSchema = z.strictObject({ v: z.literal(1), sha256: z.string(), spokes: z.string() });

/** The consent of somebody who was not asked yet. */
export const NO_CONSENT: Consent = { rights: NO_RIGHTS_DECLARED, code: null, directory: null, at: null };

/**
 * Tells the other name under which consent is known of what lies in the place of a spoke; null where there is none, and
 * where the spoke was accepted there under its own. An update is no other spoke by taking its name: neither the consent
 * and the entries of that one are its own, nor can it leave behind what is denied to its old name. Pure: it goes through
 * the consents once, and what it gives through none, since each request of a spoke asks that.
 */
export function findNameBefore(consents: Consents): (name: string, directory: string) => string | null {
  const names = new Map<string | null, string[]>();
  for (const [name, { directory }] of consents) {
    const there = names.get(directory);
    if (there) there.push(name);
    else names.set(directory, [name]);
  }
  return (name, directory) => {
    const own = consents.get(name);
    if (own?.directory === directory && own.at !== null) return null;
    return names.get(directory)?.find((other) => other !== name) ?? null;
  };
}

/** Why a spoke that took another name has no rights until it is reviewed. */
export function becauseRenamed(before: string, name: string): string {
  return `it was '${before}' before it called itself '${name}', and waits for your consent: axium spoke review ${name}`;
}

/** Of 10,000 patterns of 1,024 characters for each of some spokes; what is larger is none of ours. */
const MAX_BYTES = 268_435_456;

export interface ReadConsents {
  /** Null where the file is damaged: then nobody has consented to anything. */
  readonly consents: Consents | null;
  /** Why it could not be taken, as a sentence; null where it could. */
  readonly damage: string | null;
}

/** Reads what was consented to; where there is no such file, nothing yet. A damaged one is told of, never believed. */
export async function readConsents({ files, uid }: RegistryPowers, path: string): Promise<ReadConsents> {
  const damaged = (what: string) => ({ consents: null, damage: `${path}: ${what}` });
  try {
    const read = await readText(files, path, {
      maxBytes: MAX_BYTES,
      follow: false,
      owners: ownersFor({ uid }),
    });
    if (read === null) return { consents: new Map(), damage: null };
    const consents = decode(read.text);
    return consents === null ? damaged('what was consented to is damaged') : { consents, damage: null };
  } catch (error) {
    if (error instanceof InvalidFile) return damaged(error.problems[0]?.message ?? 'it cannot be taken');
    throw error;
  }
}

/** Replaces the file in one step. */
export async function writeConsents(
  { replaceFile }: Pick<Powers, 'replaceFile'>,
  path: string,
  consents: Consents,
): Promise<void> {
  const spokes = JSON.stringify(Object.fromEntries(consents));
  await replaceFile(path, `${JSON.stringify({ v: 1, sha256: hash('sha256', spokes), spokes })}\n`);
}

function decode(json: string): Consents | null {
  try {
    const file = fileSchema.safeParse(JSON.parse(json));
    if (!file.success || file.data.sha256 !== hash('sha256', file.data.spokes)) return null;
    const spokes = spokesSchema.safeParse(JSON.parse(file.data.spokes));
    return spokes.success ? new Map(Object.entries(spokes.data)) : null;
  } catch {
    return null;
  }
}
