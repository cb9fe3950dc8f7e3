import { z } from 'zod';
import type { PendingApproval } from '../../schemas/approvals.ts';
import type { KeptFile } from '../kept-file.ts';
import type { Clock } from '../powers.ts';

const leftSchema = z.array(z.object({ id: z.string().max(64), principal: z.string().max(80) })).max(1000);

export type Unanswered = z.infer<typeof leftSchema>;

/** What the file holds, and how that is said. */
export const UNANSWERED = { schema: leftSchema, holds: 'the questions that waited for a person' } as const;

/**
 * The questions that wait, kept so that the next daemon can say what became of them: they have expired. Nothing that stands
 * here can be answered, whatever it says.
 */
export function unansweredFile(
  file: KeptFile<Unanswered>,
  clock: Pick<Clock, 'endOfTick'>,
  onError: (error: unknown) => void,
) {
  let wanted: readonly PendingApproval[] | null = null;
  let writing = false;
  const write = async () => {
    if (writing) return;
    writing = true;
    // What changes while one is written is written once, after it.
    while (wanted !== null) {
      const left = wanted.map(({ id, principal }) => ({ id, principal }));
      wanted = null;
      await file.write(left).catch(onError);
    }
    writing = false;
  };
  return {
    /** Those that the last daemon left. What cannot be believed tells of none. */
    read: async (): Promise<Unanswered> => (await file.read()) ?? [],
    /** Notes those that wait now, a moment later. */
    keep(pending: readonly PendingApproval[]): void {
      wanted = pending;
      clock.endOfTick(() => void write());
    },
  };
}
