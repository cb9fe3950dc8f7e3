import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { z } from 'zod';
import { errno } from '../errors.ts';
import type { Powers } from '../powers.ts';
import { describeFailure, explainOpening, NEVER_ELSEWHERE, refuseStranger } from '../state-file.ts';

/** A grant that lasts, as it lies on disk. */
export interface KeptGrant {
  readonly id: string;
  readonly principal: string;
  readonly words: readonly string[];
  readonly origin: string;
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
    words: z.array(z.string()).min(1).max(256),
    origin: z.string().max(500),
  }),
);
const fileSchema = z.strictObject({ v: z.literal(1), sha256: z.string(), grants: keptSchema });

const MAX_BYTES = 16_777_216;

/** The grants that last, beside a checksum: a file that was torn or edited by halves widens nothing. */
export function grantsFile(
  { files, replaceFile, uid, clock }: Pick<Powers, 'files' | 'replaceFile' | 'uid' | 'clock'>,
  path: string,
): GrantsFile {
  return {
    async read() {
      try {
        const text = await readOwn(files, path, uid);
        return { grants: text === null ? [] : decode(text), warning: null };
      } catch (error) {
        const aside = `${path}.damaged-${clock.now()}`;
        const failure = await files.rename(path, aside).then(() => null, describeFailure);
        const why = error instanceof Error ? error.message : String(error);
        const end = failure === null ? `it was moved to ${aside}` : `it cannot be moved away (${failure})`;
        return { grants: [], warning: `${path}: no grant of it counts: ${why}; ${end}` };
      }
    },
    async write(grants) {
      await replaceFile(path, `${JSON.stringify({ v: 1, sha256: sha256(grants), grants })}\n`);
    },
  };
}

async function readOwn(files: Powers['files'], path: string, uid: number): Promise<string | null> {
  const handle = await files.open(path, constants.O_RDONLY | NEVER_ELSEWHERE).catch((error: unknown) => {
    if (errno(error) === 'ENOENT') return null;
    throw explainOpening(path, error);
  });
  try {
    if (handle === null) return null;
    const stat = await handle.stat();
    refuseStranger(path, stat, uid);
    if (stat.size > MAX_BYTES) throw new Error(`expected at most ${MAX_BYTES} bytes`);
    return await handle.readFile('utf8');
  } finally {
    await handle?.close();
  }
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

function sha256(grants: readonly KeptGrant[]): string {
  const plain = grants.map(({ id, principal, words, origin }) => [id, principal, words, origin]);
  return createHash('sha256').update(JSON.stringify(plain)).digest('hex');
}
