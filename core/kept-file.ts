import { hash } from 'node:crypto';
import { z } from 'zod';
import { removeLeftovers } from './leftovers.ts';
import { moveAside, readOwnFile } from './own-file.ts';
import type { Powers } from './powers.ts';

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
  powers: Pick<Powers, 'files' | 'replaceFile' | 'uid' | 'clock' | 'log'>,
  path: string,
  { schema, holds }: { readonly schema: z.ZodType<T>; readonly holds: string },
): KeptFile<T> {
  const readKept = async (): Promise<T | null> => {
    const text = await readOwnFile(powers, path, MAX_BYTES);
    return text === null ? null : decode(text, schema);
  };
  return {
    async read() {
      await removeLeftovers(powers.files, path);
      return readKept().catch(async (error: unknown) => {
        const why = error instanceof Error ? error.message : String(error);
        powers.log.warn(`${path}: ${holds} cannot be read: ${why}; ${await moveAside(powers, path)}`);
        return null;
      });
    },
    async write(value) {
      const kept = JSON.stringify(value);
      await powers.replaceFile(path, `${JSON.stringify({ v: 1, sha256: hash('sha256', kept), kept })}\n`);
    },
  };
}

function decode<T>(text: string, schema: z.ZodType<T>): T {
  const envelope = envelopeSchema.safeParse(parse(text));
  if (!envelope.success) throw new Error('it is damaged');
  if (envelope.data.sha256 !== hash('sha256', envelope.data.kept))
    throw new Error('its checksum does not fit');
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
