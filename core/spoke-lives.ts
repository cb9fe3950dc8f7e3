import type { Manifest } from '../schemas/manifest.ts';
import type { Mediate } from '../schemas/message.ts';
import type { Subject } from '../schemas/subject.ts';
import { breachEntry } from './audit/decision-entry.ts';
import { CHANNEL_LIMITS } from './channel/limits.ts';
import { ReplyRoom } from './channel/reply-room.ts';
import { Turns } from './channel/turns.ts';
import type { Confinement } from './confinement.ts';
import type { HudSegments } from './hud/segments.ts';
import type { OpenState } from './open-state.ts';
import type { Permissions } from './permissions.ts';
import { HEAVY_COMMANDS, STORING_COMMANDS } from './portals/index.ts';
import type { Powers } from './powers.ts';
import type { LoadedManifest } from './registry/load-manifest.ts';
import type { SpokeGroup, SpokeGroups } from './sandbox/cgroup.ts';
import { dataSize, type LimitProcess } from './sandbox/memory-limit.ts';
import type { ConfinedProcess } from './sandbox/sandbox.ts';
import { createUsageReader, type UsageLimits } from './sandbox/usage.ts';
import { findEntryLine } from './supervisor/entry-line.ts';
import { hasFailed } from './supervisor/lifecycle.ts';
import type { Lines } from './supervisor/lines.ts';
import { Pulse } from './supervisor/pulse.ts';
import { ResourceWatch } from './supervisor/resource-watch.ts';
import { SpokeLife, type StateChange } from './supervisor/spoke-life.ts';
import type { Wanted } from './supervisor/spoke-place.ts';
import { StartTurns } from './supervisor/start-turns.ts';
import type { Trial } from './trial.ts';
import type { WarmStart } from './warm-start.ts';

export interface SpokeLivesInput {
  readonly powers: Powers;
  /** How one spoke is run, by its name. */
  readonly confinementOf: (spoke: string) => Pick<Confinement, 'sandbox' | 'isRefused'>;
  /** Why a spoke may not run as it lies there now, or null; itself null where there is nothing to look at. */
  readonly objectionTo?: (spoke: LoadedManifest) => Promise<string | null> | null;
  /** What starts processes ahead of spokes; null where none is. */
  readonly warm?: Pick<WarmStart, 'take' | 'spokeBegins' | 'spokeSettled'> | null;
  readonly state: OpenState;
  readonly permissions: Pick<Permissions, 'of'>;
  readonly hud: HudSegments;
  readonly mediate: Mediate;
  /** For a version that is tried beside another one; null for one whose place another one has taken. */
  readonly createTrial: (spoke: LoadedManifest | null) => Trial;
  /** Tells the processes of this daemon from those of others. */
  readonly daemonRun: string;
  readonly lines: Lines;
  /** A spoke that counts is ready. */
  readonly onLoaded: (spoke: Manifest) => void;
  /** Whether a process has something under way that its requests do not show. */
  readonly isOccupied?: (instance: string) => boolean;
  readonly usageLimits: () => UsageLimits;
  readonly limitProcess: LimitProcess;
  /** The name of the active environment, or null. */
  readonly environment?: () => string | null;
  /** Of this host; what `Intl` says where it is not known. */
  readonly timeZone?: string | undefined;
  /** Where each spoke gets a cgroup of its own; null where the daemon can make none. */
  readonly groups: SpokeGroups | null;
}

/** The lives of spokes, as the supervisor makes them and lets them take their places. */
export interface SpokeLives {
  readonly makeLife: (wanted: Wanted, trial: boolean, onState: () => void) => SpokeLife;
  readonly onTaken: (life: SpokeLife) => void;
}

/** A process that could not be limited, because it was ending, has ended by then. */
const ENDING_MS = 2000;

/** Processes and threads in the cgroup of a spoke: far more than the threads that Node has by itself. */
const MAX_TASKS = 128;

/** Makes the lives of spokes, with a name for the records for each process, and records what becomes of them. */
export function createSpokeLives({
  powers,
  confinementOf,
  objectionTo,
  warm = null,
  state,
  permissions,
  hud,
  mediate,
  createTrial,
  daemonRun,
  lines,
  onLoaded,
  isOccupied = () => false,
  usageLimits,
  limitProcess,
  environment = () => null,
  timeZone,
  groups,
}: SpokeLivesInput): SpokeLives {
  const pulse = new Pulse(powers.clock);
  const starts = new StartTurns((call) => void setImmediate(call));
  const watch = new ResourceWatch(powers, pulse, usageLimits);
  const { audit, logs, recordEvent } = state;
  const turns = new Turns(powers.clock.turn);
  const room = new ReplyRoom(powers.clock);
  /** Of each that is only tried yet, or whose place was taken: what it says for the HUD is not shown. */
  const trials = new WeakMap<SpokeLife, Trial>();
  /** The life that took its place last, for each name. */
  const placed = new Map<string, SpokeLife>();
  let processes = 0;

  const recordBreach = (subject: Subject, what: string) => {
    const entry = breachEntry(subject, what, permissions.of(subject.spoke).hash);
    audit.decision(entry, { spoke: subject.spoke, detail: null }).catch((error: unknown) => {
      powers.log.error('the audit log could not be written', { error: String(error) });
    });
  };
  const recordChange = (life: SpokeLife, { from, to, reason, subject, cause }: StateChange) => {
    const { name, version } = life.spoke.manifest;
    const ahead = to === 'ready' && life.isWarm ? { warm: true } : {};
    const detail = { version, level: subject.level, instance: subject.instance, reason, ...cause, ...ahead };
    if (to === 'starting') warm?.spokeBegins();
    else if (from === 'starting') warm?.spokeSettled();
    if (hasFailed(to) && !hasFailed(from)) {
      recordEvent('spoke_failed', name, detail);
      powers.log.warn(`spoke ${name} failed: ${reason}`);
    }
    if (isTold(to)) recordEvent(`spoke_${to}`, name, detail);
    if (trials.has(life)) return;
    if ((hasFailed(to) && !hasFailed(from)) || to === 'stopped') hud.set(name, '');
    if (to === 'quarantined') tellOfQuarantine(name, reason);
    if (to === 'ready') onLoaded(life.spoke.manifest);
  };
  const tellOfQuarantine = (name: string, reason: string | null) => {
    const what = quarantineNote(name, reason);
    powers.log.error(what);
    const body = `${(reason ?? '').slice(0, MAX_REASON)}\nRun: axium spoke reload ${name}`;
    state.queue
      .add('system', { title: `Spoke ${name} is quarantined`, body, level: 'error' })
      .catch((error: unknown) => powers.log.error(`the user could not be notified: ${error}`, { what }));
  };

  const guard = async (
    spoke: string,
    running: ConfinedProcess,
    onExcess: (what: string) => void,
  ): Promise<() => Promise<string | null>> => {
    const { busySeconds } = running;
    if (busySeconds) {
      // A thread's memory is bounded by its own heap limits, and cannot be told from the daemon's.
      const usage = () => ({ memory: 0, processor: busySeconds() });
      const unwatch = watch.watch({ usage, onExcess });
      return async () => {
        unwatch();
        return null;
      };
    }
    const pid = running.pid();
    if (pid === null) return async () => null;
    const unwatch = watch.watch({ usage: createUsageReader(powers.filesNow, pid), onExcess });
    const had = dataSize(powers.filesNow, pid);
    const group = await adopt(spoke, pid);
    // Counted from here on: where a program sets them that goes on while the spoke's code is loaded.
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
      : limitProcess(pid, { had, extra: usageLimits().extraMemory });
  /** Of one that is about to end nothing is said: it is given a moment to. */
  const noteUnlimited = (spoke: string, running: ConfinedProcess, problem: string): void => {
    const note = powers.clock.after(ENDING_MS, () =>
      powers.log.warn(`the limits of spoke ${spoke} are not set: ${problem}`),
    );
    void running.exited.then(() => note.cancel());
  };

  return {
    makeLife({ spoke }, onTrial, onState) {
      const { name } = spoke.manifest;
      const trial = onTrial ? createTrial(spoke) : null;
      const { sandbox, isRefused } = confinementOf(name);
      const life: SpokeLife = new SpokeLife({
        spoke,
        sandbox,
        isRefused,
        objection: () => objectionTo?.(spoke) ?? null,
        takeWarm: () =>
          warm?.take(spoke, sandbox, async (directory) => {
            return (await objectionTo?.({ ...spoke, directory })) == null;
          }) ?? null,
        nextInstance: () => {
          processes += 1;
          return `${name}#${daemonRun}-${processes}`;
        },
        findLine: (version) => findEntryLine(powers.files, version),
        chance: () => Number.parseInt(powers.randomHex(4), 16) / 2 ** 32,
        clock: powers.clock,
        pulse,
        inTurn: (make) => starts.take(make),
        log: logs.of(name),
        limits: CHANNEL_LIMITS,
        turns,
        room,
        lines,
        environment,
        isOccupied,
        timeZone,
        isHeavy: (command) => HEAVY_COMMANDS.has(command),
        isStoring: (command) => STORING_COMMANDS.has(command),
        mediate: (subject, message, answer) =>
          (trials.get(life)?.mediate ?? mediate)(subject, message, answer),
        guard: (running, onExcess) => guard(name, running, onExcess),
        onBreach: recordBreach,
        onState: (change) => {
          recordChange(life, change);
          onState();
        },
      });
      if (trial) trials.set(life, trial);
      return life;
    },
    onTaken(life) {
      const { name } = life.spoke.manifest;
      const before = placed.get(name);
      if (before) trials.set(before, createTrial(null));
      placed.set(name, life);
      hud.set(name, trials.get(life)?.segment() ?? '');
      trials.delete(life);
      if (life.state === 'ready') onLoaded(life.spoke.manifest);
    },
  };
}

/** Whether becoming this is recorded: backoff is a part of each failure, and the rest is over in a moment. */
export function isTold(state: StateChange['to']): boolean {
  return !['failing', 'condemned', 'backoff', 'recalled'].includes(state);
}

/** What is to be known of a spoke that is not tried any more, in one line. */
export function quarantineNote(name: string, reason: string | null): string {
  return `spoke ${name} is quarantined: ${reason}; once that is mended, run 'axium spoke reload ${name}'`;
}

/** Characters of a reason that a notification tells. */
const MAX_REASON = 1000;
