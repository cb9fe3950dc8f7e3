import type { Message } from '../schemas/message.ts';
import type { Subject } from '../schemas/subject.ts';
import type { Response } from '../schemas/wire.ts';
import { breachEntry } from './audit/decision-entry.ts';
import { CHANNEL_LIMITS } from './channel/limits.ts';
import { Turns } from './channel/turns.ts';
import type { HudSegments } from './hud/segments.ts';
import type { OpenState } from './open-state.ts';
import type { Permissions } from './permissions.ts';
import { HEAVY_COMMANDS } from './portals/index.ts';
import type { Powers } from './powers.ts';
import type { LoadedManifest } from './registry/load-manifest.ts';
import type { SpokeGroup, SpokeGroups } from './sandbox/cgroup.ts';
import { dataSize, limitProcess } from './sandbox/memory-limit.ts';
import type { ConfinedProcess, Sandbox } from './sandbox/sandbox.ts';
import { readUsage, type UsageLimits } from './sandbox/usage.ts';
import type { State } from './supervisor/lifecycle.ts';
import { ResourceWatch } from './supervisor/resource-watch.ts';
import { SpokeRun } from './supervisor/spoke-run.ts';

export interface SpokeRunsInput {
  readonly powers: Powers;
  /** The sandbox for one spoke, by its name. */
  readonly sandboxFor: (spoke: string) => Sandbox;
  readonly state: OpenState;
  readonly permissions: Permissions;
  readonly hud: HudSegments;
  readonly mediate: (subject: Subject, message: Message) => Promise<Response>;
  /** Tells the runs of this daemon from those of others. */
  readonly daemonRun: string;
  readonly usageLimits: () => UsageLimits;
  /** Where each spoke gets a cgroup of its own; null where the daemon can make none. */
  readonly groups: SpokeGroups | null;
  /** Called after each change of the state of a run. */
  readonly onState: () => void;
}

/** A process that could not be limited, because it was ending, has ended by then. */
const ENDING_MS = 2000;

/** Processes and threads in the cgroup of a spoke: far more than the threads that Node has by itself. */
const MAX_TASKS = 128;

/** Makes the runs of spokes, each with its own name for the records, and records what becomes of them. */
export function createSpokeRuns({
  powers,
  sandboxFor,
  state,
  permissions,
  hud,
  mediate,
  daemonRun,
  usageLimits,
  groups,
  onState,
}: SpokeRunsInput) {
  const watch = new ResourceWatch(powers, usageLimits);
  const { audit, logs, recordEvent } = state;
  const turns = new Turns();
  let runs = 0;

  const recordBreach = (subject: Subject, what: string) => {
    const entry = breachEntry(subject, what, permissions.of(subject.spoke).hash);
    audit.decision(entry, { spoke: subject.spoke, detail: null }).catch((error: unknown) => {
      powers.log.error('the audit log could not be written', { error: String(error) });
    });
  };
  const recordState = (spoke: LoadedManifest, level: string, now: State, reason: string | null) => {
    const { name, version } = spoke.manifest;
    recordEvent(`spoke_${now}`, name, { version, level, reason });
    if (now === 'failed') powers.log.warn(`spoke ${name} failed: ${reason}`);
    if (now === 'failed' || now === 'stopped') hud.set(name, '');
  };

  const guard = async (
    spoke: string,
    running: ConfinedProcess,
    onExcess: (what: string) => void,
  ): Promise<() => Promise<string | null>> => {
    const { busySeconds } = running;
    if (busySeconds) {
      // A thread's memory is bounded by its own heap limits, and cannot be told from the daemon's.
      const usage = async () => ({ memory: 0, processor: busySeconds() });
      const unwatch = await watch.watch({ usage, onExcess });
      return async () => {
        unwatch();
        return null;
      };
    }
    const pid = running.pid();
    if (pid === null) return async () => null;
    const usage = () => readUsage(powers.files, pid);
    const [had, unwatch, group] = await Promise.all([
      dataSize(powers.files, pid),
      watch.watch({ usage, onExcess }),
      adopt(spoke, pid),
    ]);
    // Counted from here on: setting them goes on while the spoke's code is loaded.
    void limit(pid, had)
      .catch((error: unknown) => String(error))
      .then((problem) => (problem === null ? null : noteUnlimited(spoke, running, problem)));
    return async () => {
      unwatch();
      const ranOut = (await group?.ranOut()) ?? false;
      await group?.remove().catch((error: unknown) => powers.log.warn(String(error)));
      return ranOut ? 'it took more memory than it may' : null;
    };
  };
  /** Without a group the limits of the process itself hold. */
  const adopt = async (spoke: string, pid: number): Promise<SpokeGroup | null> => {
    if (groups === null) return null;
    const limits = { extraMemory: usageLimits().extraMemory, tasks: MAX_TASKS };
    return groups.adopt(spoke, pid, limits).catch((error: unknown) => {
      powers.log.warn(`spoke ${spoke} has no cgroup: ${error}`);
      return null;
    });
  };
  const limit = async (pid: number, had: number | null): Promise<string | null> =>
    had === null
      ? 'its memory could not be read'
      : limitProcess(powers, pid, { had, extra: usageLimits().extraMemory });
  /** Of one that is about to end nothing is said: it is given a moment to. */
  const noteUnlimited = (spoke: string, running: ConfinedProcess, problem: string): void => {
    const note = powers.clock.after(ENDING_MS, () =>
      powers.log.warn(`the limits of spoke ${spoke} are not set: ${problem}`),
    );
    void running.exited.then(() => note.cancel());
  };

  return (spoke: LoadedManifest): SpokeRun => {
    runs += 1;
    const sandbox = sandboxFor(spoke.manifest.name);
    return new SpokeRun({
      spoke,
      instance: `${spoke.manifest.name}#${daemonRun}-${runs}`,
      sandbox,
      clock: powers.clock,
      log: logs.of(spoke.manifest.name),
      limits: CHANNEL_LIMITS,
      turns,
      isHeavy: (command) => HEAVY_COMMANDS.has(command),
      mediate,
      guard: (running, onExcess) => guard(spoke.manifest.name, running, onExcess),
      onBreach: recordBreach,
      onState: (now, reason) => {
        recordState(spoke, sandbox.level, now, reason);
        onState();
      },
    });
  };
}
