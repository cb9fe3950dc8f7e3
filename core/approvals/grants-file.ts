import { hash } from 'node:crypto';
import { z } from 'zod';
import { moveAside, readOwnFile } from '../own-file.ts';
import type { Powers } from '../powers.ts';
import { MAX_WORDS } from './lasting.ts';

/** A grant that lasts, as it lies on disk. */
export interface KeptGrant {
  readonly id: string;
  readonly principal: string;
  readonly words: readonly string[];
  readonly origin: string;
  /** Present where what is destructive is covered too. */
  readonly destructive?: true;
}

export interface GrantsFile {
  /** What was kept, with a sentence where that cannot be believed: then it is nothing, and the file is moved aside. */
  readonly read: () => Promise<{ readonly grants: readonly KeptGrant[]; readonly warning: string | null }>;
  readonly write: (grants: readonly KeptGrant[]) => Promise<void>;
}

const keptSchema = z.array(
  z.strictObject({
    id: z.string().regex(/^g[0-9a-f]{8}$/),
    principal: z.string().min(1).max(80),
    words: z.array(z.string()).min(1).max(MAX_WORDS),
    origin: z.string().max(500),
    destructive: z.literal(true).optional(),
  }),
);
const fileSchema = z.strictObject({ v: z.literal(1), sha256: z.string(), grants: keptSchema });

const MAX_BYTES = 16_777_216;

/** The grants that last, beside a checksum: a file that was torn or edited by halves widens nothing. */
export function grantsFile(
  powers: Pick<Powers, 'files' | 'replaceFile' | 'uid' | 'clock'>,
  path: string,
): GrantsFile {
  return {
    async read() {
      try {
        const text = await readOwnFile(powers, path, MAX_BYTES);
        return { grants: text === null ? [] : decode(text), warning: null };
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        const end = await moveAside(powers, path);
        return { grants: [], warning: `${path}: no grant of it counts: ${why}; ${end}` };
      }
    },
    async write(grants) {
      await powers.replaceFile(path, `${JSON.stringify({ v: 1, sha256: sha256(grants), grants })}\n`);
    },
  };
}

function decode(text: string): readonly KeptGrant[] {
  const kept = fileSchema.safeParse(parse(text));
  if (!kept.success) throw new Error('it is damaged');
  if (kept.data.sha256 !== sha256(kept.data.grants)) throw new Error('its checksum does not fit');
  return kept.data.grants;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Of all that is kept of each: a mark that it left out could be added by hand, and would widen a grant. */
function sha256(grants: readonly KeptGrant[]): string {
  const plain = grants.map(({ id, principal, words, origin, destructive }) => [
    ...[id, principal, words, origin],
    ...(destructive ? [destructive] : []),
  ]);
  return hash('sha256', JSON.stringify(plain));
}
