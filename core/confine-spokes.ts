import type { Begun } from './begin.ts';
import { type Confinement, confinementOf } from './confinement.ts';
import { floorOf } from './follow-host-policy.ts';
import type { Foundation } from './foundation.ts';
import { LoweredLevels } from './lowered-levels.ts';
import type { SpokeGroups } from './sandbox/cgroup.ts';
import { isAtLeast } from './sandbox/choose.ts';
import type { LimitProcess } from './sandbox/memory-limit.ts';
import { plainSandbox } from './sandbox/plain.ts';
import { workerSandbox } from './sandbox/worker.ts';
import { WarmStart } from './warm-start.ts';

/** How spokes can be confined on this host, and how each of them is to be. */
export interface ConfinedSpokes {
  /** Where each spoke gets a cgroup of its own; null where the daemon can make none. */
  readonly groups: SpokeGroups | null;
  /** Bounds what each of their processes may take. */
  readonly limit: LimitProcess;
  readonly lowered: LoweredLevels;
  /** What starts processes ahead of spokes; null where what they would be started in does not hold. */
  readonly warm: WarmStart | null;
  /** How one spoke is run at this moment. */
  readonly choose: (spoke: string) => Confinement;
}

export function confineSpokes(
  { powers, places, runtime, guest, state: { book, host } }: Foundation,
  { groups, limit, survey }: Pick<Begun, 'groups' | 'limit' | 'survey'>,
): ConfinedSpokes {
  const worker = workerSandbox(powers, runtime, () => book.config.sandbox.memory);
  const sandboxes = { ...survey, worker, plain: plainSandbox(powers, runtime) };
  const lowered = new LoweredLevels();
  const warm = {
    powers,
    sandbox: survey.best,
    directory: places.warm,
    isOn: () => book.config.sandbox.warm,
  };
  return {
    groups,
    limit,
    lowered,
    warm: guest === undefined && isAtLeast(survey.best.level, 'kernel') ? new WarmStart(warm) : null,
    choose: (spoke) =>
      confinementOf(
        sandboxes,
        lowered.configFor(spoke, book.config.sandbox),
        spoke,
        book.runtimeOf(spoke),
        floorOf(host),
      ),
  };
}
