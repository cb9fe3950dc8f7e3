import { type Config, LEVELS, type Level } from '../../schemas/config.ts';
import { AxiumError } from '../errors.ts';
import type { Sandbox } from './sandbox.ts';
import type { Survey } from './survey.ts';

export interface Choice {
  /** Starts the spoke, or throws the reason why it may not be started. */
  readonly sandbox: Sandbox;
  /** What the user should know of it, in one sentence; null where there is nothing to say. */
  readonly note: string | null;
}

/**
 * The sandbox for one spoke: the best there is, where that is at least what the configuration requires. Below that the
 * spoke does not start. Only the user can lower the requirement, and for a single spoke by its name.
 */
export function chooseSandbox({ best, reports }: Survey, config: Config['sandbox'], spoke: string): Choice {
  const own = config.spokes[spoke]?.require;
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
