import { hash } from 'node:crypto';
import { z } from 'zod';
import { removeLeftovers } from '../leftovers.ts';
import { moveAside } from '../own-file.ts';
import type { Powers } from '../powers.ts';
import { MAX_OVERRIDES_BYTES } from './load-overrides.ts';
import { ownersFor, type RegistryPowers } from './owners.ts';
import { InvalidFile } from './problem.ts';
import { readText } from './read-text.ts';

const schema = z.strictObject({ v: z.literal(1), sha256: z.string(), text: z.string() });

/** The last permissions.yaml that was valid, kept beside a checksum so that a restart can go on with it. */
export function createLastGood(
  { files, uid, replaceFile, clock }: RegistryPowers & Pick<Powers, 'replaceFile' | 'clock'>,
  path: string,
) {
  return {
    /** The text, or null where none was kept. A damaged copy is moved aside and told of, never believed. */
    async read(): Promise<{ readonly text: string | null; readonly warning: string | null }> {
      await removeLeftovers(files, path);
      const owners = ownersFor({ uid });
      const kept = await readText(files, path, { maxBytes: MAX_KEPT_BYTES, follow: false, owners }).catch(
        damaged,
      );
      if (kept === null) return { text: null, warning: null };
      const text = kept === DAMAGED ? null : decode(kept.text);
      if (text !== null) return { text, warning: null };
      const end = await moveAside({ files, clock }, path);
      return { text: null, warning: `${path}: the kept copy of permissions.yaml is damaged; ${end}` };
    },
    async write(text: string): Promise<void> {
      await replaceFile(path, `${JSON.stringify({ v: 1, sha256: hash('sha256', text), text })}\n`);
    },
  };
}

/** As JSON, one byte of text is at most six. */
const MAX_KEPT_BYTES = 6 * MAX_OVERRIDES_BYTES + 1024;

const DAMAGED = Symbol('damaged');

function damaged(error: unknown): typeof DAMAGED {
  if (error instanceof InvalidFile) return DAMAGED;
  throw error;
}

function decode(json: string): string | null {
  try {
    const kept = schema.safeParse(JSON.parse(json));
    return kept.success && kept.data.sha256 === hash('sha256', kept.data.text) ? kept.data.text : null;
  } catch {
    return null;
  }
}
