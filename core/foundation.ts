import type { Level } from '../schemas/config.ts';
import type { Mediate } from '../schemas/message.ts';
import { isStrict, type Places } from '../schemas/places.ts';
import { DEFAULT_PATH } from './jobs/environment.ts';
import { lookupTurns } from './lookup-turns.ts';
import type { HostPolicyPlace, OpenState } from './open-state.ts';
import type { Powers } from './powers.ts';
import type { Runtime } from './sandbox/sandbox.ts';

export interface DaemonInput {
  readonly powers: Powers;
  readonly places: Places;
  /** The home directory of the daemon's user, by its real path. */
  readonly home: string;
  /** Where Axium itself is installed; the bundled spokes are below it. */
  readonly packageRoot: string;
  readonly version: string;
  readonly nodeVersion: string;
  readonly runtime: Runtime;
  readonly architecture: string;
  /** How many threads this process has for file access. */
  readonly fileThreads: number;
  readonly hostPolicy: HostPolicyPlace;
  /** Whether the service manager started this process. */
  readonly service: boolean;
  /** The control socket where the service manager has opened it, as a descriptor; else null. */
  readonly activated: number | null;
  /** Called when somebody asked the daemon to end. */
  readonly onShutdown: () => void;
  /** Where this process is somebody else's, who looks on: a test. */
  readonly guest?: Guest;
}

/** A process that is not the daemon's own gets no cgroups, and its owner may stand between spokes and the broker. */
export interface Guest {
  readonly around: (mediate: Mediate) => Mediate;
  /** The only level that is tried; at `none` there is nothing to try. */
  readonly level: Level;
}

/** What every part of the daemon stands on: what it was started with and has opened, and what follows from both alone. */
export interface Foundation extends DaemonInput {
  readonly state: OpenState;
  /** Whether only spoke.yaml counts. The policy of the host can turn it on and off. */
  readonly strict: () => boolean;
  readonly isStrictByHost: () => boolean;
  /** The powers of whatever judges what expires. */
  readonly judging: Powers;
  /** When this daemon began, by the monotonic clock. */
  readonly started: number;
  /** Tells the processes of this daemon from those of others. */
  readonly daemonRun: string;
  /** Where commands are looked up. */
  readonly path: () => readonly string[];
  /** Lets each spoke look up only so much at once. */
  readonly inTurn: ReturnType<typeof lookupTurns>;
  readonly onDefect: (error: unknown, where: string) => void;
}

export function layFoundation(input: DaemonInput, state: OpenState): Foundation {
  const { powers } = input;
  const isStrictByHost = () => state.host.state.inForce.some((policy) => policy.strict);
  return {
    ...input,
    state,
    strict: () => isStrict(powers.env) || isStrictByHost(),
    isStrictByHost,
    judging: { ...powers, clock: { ...powers.clock, now: state.time.now } },
    started: powers.clock.monotonic(),
    daemonRun: powers.randomHex(4),
    path: () => state.book.config.exec.path ?? DEFAULT_PATH,
    inTurn: lookupTurns(4),
    onDefect: (error, where) => powers.log.error('a defect', { where, error: describeDefect(error) }),
  };
}

function describeDefect(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
