import type { Config } from '../schemas/config.ts';
import type { RuntimeName } from '../schemas/manifest.ts';
import { type Choice, chooseSandbox, type Sandboxes } from './sandbox/choose.ts';

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
): Confinement {
  const choice = chooseSandbox(sandboxes, config, spoke, runtime);
  const { best, worker, plain } = sandboxes;
  const isRefused = ![best, worker, plain].includes(choice.sandbox);
  const kind = isRefused ? 'refused' : choice.sandbox === worker ? 'thread' : 'process';
  return { ...choice, isRefused, setting: `${kind} ${choice.sandbox.level} ${config.memory}` };
}
