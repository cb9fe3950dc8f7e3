import { constants } from 'node:fs';
import { z } from 'zod';
import type { PendingApproval } from '../../schemas/approvals.ts';
import type { Powers } from '../powers.ts';
import { NEVER_ELSEWHERE } from '../state-file.ts';

const schema = z.array(z.object({ id: z.string().max(64), principal: z.string().max(80) })).max(1000);

/**
 * The questions that wait, kept so that the next daemon can say what became of them: they have expired. Nothing that stands
 * here can be answered, whatever it says.
 */
export function unansweredFile(
  { files, replaceFile, clock }: Pick<Powers, 'files' | 'replaceFile' | 'clock'>,
  path: string,
  onError: (error: unknown) => void,
) {
  let wanted: readonly PendingApproval[] | null = null;
  let writing = false;
  const write = async () => {
    if (writing) return;
    writing = true;
    // What changes while one is written is written once, after it.
    while (wanted !== null) {
      const text = JSON.stringify(wanted.map(({ id, principal }) => ({ id, principal })));
      wanted = null;
      await replaceFile(path, `${text}\n`).catch(onError);
    }
    writing = false;
  };
  return {
    /** Those that the last daemon left. What cannot be read tells of none. */
    async read(): Promise<readonly { readonly id: string; readonly principal: string }[]> {
      const handle = await files.open(path, constants.O_RDONLY | NEVER_ELSEWHERE).catch(() => null);
      try {
        if (handle === null || (await handle.stat()).size > MAX_BYTES) return [];
        return schema.parse(JSON.parse(await handle.readFile('utf8')));
      } catch {
        return [];
      } finally {
        await handle?.close();
      }
    },
    /** Notes those that wait now, a moment later. */
    keep(pending: readonly PendingApproval[]): void {
      wanted = pending;
      clock.endOfTick(() => void write());
    },
  };
}

const MAX_BYTES = 1_048_576;
