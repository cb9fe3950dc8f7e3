import type { Config, Level } from '../schemas/config.ts';
import type { RuntimeName } from '../schemas/manifest.ts';
import { type Choice, chooseSandbox, notBelow, type Sandboxes } from './sandbox/choose.ts';

/** What the host requires of every spoke, and which file says so. */
export interface Floor {
  readonly require: Level | null;
  readonly file: string;
}

const NO_FLOOR: Floor = { require: null, file: '' };

/** How one spoke is run at this moment. */
export interface Confinement extends Choice {
  /** The configuration asks for more than there is: it is not started. */
  readonly isRefused: boolean;
  /** Tells this way to run it from any other: what runs in another one is started anew. */
  readonly setting: string;
}

/** Everything that the configuration says of how a spoke is run, except what counts for what runs already. */
export function confinementOf(
  sandboxes: Sandboxes,
  config: Config['sandbox'],
  spoke: string,
  runtime: RuntimeName = 'node',
  floor: Floor = NO_FLOOR,
): Confinement {
  const choice = notBelow(chooseSandbox(sandboxes, config, spoke, runtime), floor.require, floor.file);
  const { best, worker, plain } = sandboxes;
  const isRefused = ![best, worker, plain].includes(choice.sandbox);
  const kind = isRefused ? 'refused' : choice.sandbox === worker ? 'thread' : 'process';
  return { ...choice, isRefused, setting: `${kind} ${choice.sandbox.level} ${config.memory}` };
}
