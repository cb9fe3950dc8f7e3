import { type Config, LEVELS, type Level } from '../../schemas/config.ts';
import type { RuntimeName } from '../../schemas/manifest.ts';
import { AxiumError } from '../errors.ts';
import type { Sandbox } from './sandbox.ts';
import type { Survey } from './survey.ts';

export interface Choice {
  /** Starts the spoke, or throws the reason why it may not be started. */
  readonly sandbox: Sandbox;
  /** What the user should know of it, in one sentence; null where there is nothing to say. */
  readonly note: string | null;
}

export interface Sandboxes extends Survey {
  /** Runs a spoke as a thread of the daemon. */
  readonly worker: Sandbox;
  /** Confines nothing: for what Node's permission model cannot hold, where that is all there is. */
  readonly plain: Sandbox;
}

/**
 * The sandbox for one spoke: the best there is, where that is at least what the configuration requires. Below that the
 * spoke does not start. Only the user can lower the requirement or give it up, and for a single spoke by its name.
 */
export function chooseSandbox(
  { best: any, reports, worker, plain }: Sandboxes,
  config: Config['sandbox'],
  spoke: string,
  runtime: RuntimeName = 'node',
): Choice {
  const { require: own, isolation } = config.spokes[spoke] ?? {};
  if (isolation === 'worker') return chooseWorker(worker, own ?? 'none', spoke, runtime);
  const best = runtime !== 'node' && any.level === 'seatbelt' ? plain : any;
  const required = own ?? config.require;
  if (!isAtLeast(best.level, required)) {
    const hint = reports.find(({ level, hint }) => isAtLeast(level, required) && hint !== null)?.hint;
    const mend = hint ?? "see 'axium doctor'";
    const refusal = `it needs confinement '${required}' and this host gives '${best.level}': ${mend}; or allow less for it alone (config.yaml: sandbox.spokes.${spoke}.require)`;
    return { sandbox: refusingSandbox(best.level, refusal), note: null };
  }
  if (isAtLeast(best.level, 'kernel')) return { sandbox: best, note: null };
  return { sandbox: best, note: `confinement '${best.level}' only, which config.yaml allows` };
}

/** The choice, unless it gives less than the host requires of every spoke, whatever its user allows. */
export function notBelow(choice: Choice, required: Level | null, said: string): Choice {
  const { level } = choice.sandbox;
  if (required === null || isAtLeast(level, required)) return choice;
  const refusal = `it needs confinement '${required}', as ${said} says, and gets '${level}'; see 'axium doctor'`;
  return { sandbox: refusingSandbox(level, refusal), note: null };
}

/** The user has chosen it by the spoke's name, and so given up what is required of all; not what they require of it alone. */
function chooseWorker(worker: Sandbox, required: Level, spoke: string, runtime: RuntimeName): Choice {
  if (runtime !== 'node') {
    const refusal = `isolation: worker is for Node alone and its runtime is ${runtime}; take it out of config.yaml (sandbox.spokes.${spoke})`;
    return { sandbox: refusingSandbox('none', refusal), note: null };
  }
  if (required === 'none') return { sandbox: worker, note: WORKER_NOTE };
  const refusal = `it needs confinement '${required}' and isolation: worker gives 'none'; take one of the two out of config.yaml (sandbox.spokes.${spoke})`;
  return { sandbox: refusingSandbox('none', refusal), note: null };
}

/** What is to be known of every spoke that runs as a thread of the daemon. */
export const WORKER_NOTE =
  "isolation: worker is no confinement, it shares the daemon's memory; config.yaml allows it";

/** True where a level is as strong as another, or stronger. */
export function isAtLeast(level: Level, required: Level): boolean {
  return LEVELS.indexOf(level) <= LEVELS.indexOf(required);
}

function refusingSandbox(level: Level, refusal: string): Sandbox {
  return {
    level,
    start() {
      throw new AxiumError('unavailable', refusal);
    },
  };
}
