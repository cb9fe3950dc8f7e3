import type { Powers, Timer } from '../powers.ts';
import type { Audit } from './audit.ts';
import { type LogNames, pruneLog, type Retention } from './retention.ts';

const DAY_MS = 86_400_000;

export interface KeepLogInput {
  readonly audit: Pick<Audit, 'event'>;
  readonly names: LogNames;
  readonly retention: () => Retention;
  /** Called when records of less than a day were removed, since there were so many of them. */
  readonly onYoung: () => void;
  readonly onError: (error: unknown) => void;
}

export interface KeptLog {
  readonly look: () => Promise<void>;
  /** Lets go of the finished pieces whose last record is older than this, and tells how many. */
  readonly prune: (olderMs: number) => Promise<number>;
  readonly stop: () => void;
}

/**
 * Lets go of old pieces of the log: when `look` is called, and once a day. One look at a time; a call during another one
 * settles with that one. It never rejects.
 */
export function keepLog(
  powers: Pick<Powers, 'files' | 'filesNow' | 'clock'>,
  { audit, names, retention, onYoung, onError }: KeepLogInput,
): KeptLog {
  let timer: Timer | null = null;
  let looking: Promise<void> | null = null;
  const look = () => {
    looking ??= pruneLog(powers, audit, names, retention())
      .then((pruned) => {
        if (pruned !== null && pruned.age < DAY_MS) onYoung();
      })
      .catch(onError)
      .finally(() => {
        looking = null;
      });
    return looking;
  };
  const daily = () => {
    timer = powers.clock.after(DAY_MS, () => {
      void look();
      daily();
    });
  };
  daily();
  const prune = async (olderMs: number) => {
    // After a look that is under way: both would remove the same pieces.
    await looking;
    const wanted = { keepMs: olderMs, keepBytes: Number.POSITIVE_INFINITY };
    const pruned = await pruneLog(powers, audit, names, wanted);
    return pruned?.pieces ?? 0;
  };
  return { look, prune, stop: () => timer?.cancel() };
}
