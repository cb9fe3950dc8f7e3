import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { z } from 'zod';
import { errno } from './errors.ts';
import { removeLeftovers } from './leftovers.ts';
import type { Powers } from './powers.ts';
import { describeFailure, explainOpening, NEVER_ELSEWHERE, refuseStranger } from './state-file.ts';

export interface KeptFile<T> {
  /** What was kept; null where there is nothing, or nothing that can be believed. Never rejects. */
  readonly read: () => Promise<T | null>;
  /** Replaces it in one step. */
  readonly write: (value: T) => Promise<void>;
}

const envelopeSchema = z.strictObject({ v: z.literal(1), sha256: z.string(), kept: z.string() });

const MAX_BYTES = 1_048_576;

/**
 * A small file of the state with a version and a checksum. One that is damaged is moved aside and told of, under what it
 * `holds`, and counts as none: what was torn or edited by halves means nothing.
 */
export function keptFile<T>(
  { files, replaceFile, uid, clock, log }: Pick<Powers, 'files' | 'replaceFile' | 'uid' | 'clock' | 'log'>,
  path: string,
  { schema, holds }: { readonly schema: z.ZodType<T>; readonly holds: string },
): KeptFile<T> {
  const readOwn = async (): Promise<T | null> => {
    const handle = await files.open(path, constants.O_RDONLY | NEVER_ELSEWHERE).catch((error: unknown) => {
      if (errno(error) === 'ENOENT') return null;
      throw explainOpening(path, error);
    });
    try {
      if (handle === null) return null;
      const stat = await handle.stat();
      refuseStranger(path, stat, uid);
      if (stat.size > MAX_BYTES) throw new Error(`expected at most ${MAX_BYTES} bytes`);
      return decode(await handle.readFile('utf8'), schema);
    } finally {
      await handle?.close();
    }
  };
  return {
    async read() {
      await removeLeftovers(files, path);
      return readOwn().catch(async (error: unknown) => {
        const aside = `${path}.damaged-${clock.now()}`;
        const failure = await files.rename(path, aside).then(() => null, describeFailure);
        const end = failure === null ? `it was moved to ${aside}` : `it cannot be moved away (${failure})`;
        const why = error instanceof Error ? error.message : String(error);
        log.warn(`${path}: ${holds} cannot be read: ${why}; ${end}`);
        return null;
      });
    },
    async write(value) {
      const kept = JSON.stringify(value);
      await replaceFile(path, `${JSON.stringify({ v: 1, sha256: sha256(kept), kept })}\n`);
    },
  };
}

function decode<T>(text: string, schema: z.ZodType<T>): T {
  const envelope = envelopeSchema.safeParse(parse(text));
  if (!envelope.success) throw new Error('it is damaged');
  if (envelope.data.sha256 !== sha256(envelope.data.kept)) throw new Error('its checksum does not fit');
  const kept = schema.safeParse(parse(envelope.data.kept));
  if (!kept.success) throw new Error('it is not what was written there');
  return kept.data;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
