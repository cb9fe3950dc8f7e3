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
import type { Sandbox } from './sandbox/sandbox.ts';
import type { State } from './supervisor/lifecycle.ts';
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
}: SpokeRunsInput) {
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
      onBreach: recordBreach,
      onState: (now, reason) => recordState(spoke, sandbox.level, now, reason),
    });
  };
}
