import type { Response } from '../schemas/wire.ts';
import { breachEntry } from './audit/decision-entry.ts';
import { CHANNEL_LIMITS } from './channel/limits.ts';
import type { Message } from './channel/message.ts';
import type { HudSegments } from './hud/segments.ts';
import type { OpenState } from './open-state.ts';
import type { Permissions } from './permissions.ts';
import { HEAVY_COMMANDS } from './portals/index.ts';
import type { Powers } from './powers.ts';
import type { LoadedManifest } from './registry/load-manifest.ts';
import { dataSize, limitProcess } from './sandbox/memory-limit.ts';
import type { Sandbox } from './sandbox/sandbox.ts';
import type { UsageLimits } from './sandbox/usage.ts';
import type { State } from './supervisor/lifecycle.ts';
import { ResourceWatch } from './supervisor/resource-watch.ts';
import { type RunSubject, SpokeRun } from './supervisor/spoke-run.ts';

export interface SpokeRunsInput {
  readonly powers: Powers;
  /** The sandbox for one spoke, by its name. */
  readonly sandboxFor: (spoke: string) => Sandbox;
  readonly state: OpenState;
  readonly permissions: Permissions;
  readonly hud: HudSegments;
  readonly mediate: (subject: RunSubject, message: Message) => Promise<Response>;
  /** Tells the runs of this daemon from those of others. */
  readonly daemonRun: string;
  readonly usageLimits: () => UsageLimits;
}

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
}: SpokeRunsInput) {
  const watch = new ResourceWatch(powers, usageLimits);
  const { audit, logs, recordEvent } = state;
  let runs = 0;

  const recordBreach = (subject: RunSubject, what: string) => {
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

  const guard = async (spoke: string, pid: number, onExcess: (what: string) => void) => {
    const [had, unwatch] = await Promise.all([dataSize(powers.files, pid), watch.watch({ pid, onExcess })]);
    const noteFailure = (problem: string | null) => {
      if (problem !== null) powers.log.warn(`the limits of spoke ${spoke} are not set: ${problem}`);
    };
    // Counted from here on: setting them goes on while the spoke's code is loaded.
    if (had === null) noteFailure('its memory could not be read');
    else void limitProcess(powers, pid, { had, extra: usageLimits().extraMemory }).then(noteFailure);
    return unwatch;
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
      isHeavy: (command) => HEAVY_COMMANDS.has(command),
      mediate,
      guard: (pid, onExcess) => guard(spoke.manifest.name, pid, onExcess),
      onBreach: recordBreach,
      onState: (now, reason) => recordState(spoke, sandbox.level, now, reason),
    });
  };
}
