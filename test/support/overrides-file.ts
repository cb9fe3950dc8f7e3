import { join } from 'node:path';
import type { Powers } from '../../core/powers.ts';
import type { LoadedManifest } from '../../core/registry/load-manifest.ts';
import {
  OverridesFile,
  type OverridesFileInput,
  type OverridesState,
} from '../../core/registry/overrides-file.ts';
import type { FindExchanged } from '../../core/registry/same-directories.ts';
import { createHandClock, type HandClock } from './hand-clock.ts';
import { createPowers } from './powers.ts';
import { HOME, rightsUnder } from './rights.ts';

/** What keeps up with a permissions.yaml on disk, on a clock that only the test moves. It has not started yet. */
export interface WatchedOverrides {
  readonly clock: HandClock;
  readonly overrides: OverridesFile;
  readonly warnings: readonly string[];
  /** Every state that was told, the newest last. */
  readonly told: readonly OverridesState[];
  /** Lets it look once; settles when it waits to look again (with how long), or is done (with null). */
  readonly look: () => Promise<number | null>;
  /** Lets it look until what the file says is in force or refused, and tells how long it waited in between. */
  readonly settle: () => Promise<readonly number[]>;
  /** The policies that count for a spoke at this moment. */
  readonly policiesOf: (spoke: LoadedManifest) => ReturnType<typeof rightsUnder>['policies'];
}

export const overridesIn = (directory: string) => join(directory, 'permissions.yaml');
export const lastGoodIn = (directory: string) => join(directory, 'permissions.last-good.json');

export function watchOverrides(
  directory: string,
  powers: Partial<Powers> = {},
  findExchanged?: FindExchanged,
  more: Partial<Pick<OverridesFileInput, 'failures'>> = {},
): WatchedOverrides {
  const clock = createHandClock();
  const warnings: string[] = [];
  const told: OverridesState[] = [];
  const overrides = new OverridesFile({
    powers: { ...createPowers(), ...powers, clock },
    file: overridesIn(directory),
    lastGoodFile: lastGoodIn(directory),
    expansion: { home: HOME, env: {} },
    ...(findExchanged ? { findExchanged } : {}),
    onChange: (state) => told.push(state),
    onWarning: (message) => warnings.push(message),
    ...more,
  });
  let started = false;
  let reading: Promise<void> | null = null;
  const look = (): Promise<number | null> => {
    if (reading !== null) {
      const [wait] = clock.waits();
      if (wait !== undefined) clock.advance(wait);
    } else {
      reading = (started ? overrides.refresh() : overrides.start()).finally(() => {
        reading = null;
      });
      started = true;
    }
    return Promise.race([clock.armed(), reading.then(() => null)]);
  };
  return {
    clock,
    overrides,
    warnings,
    told,
    look,
    settle: async () => {
      const waits: number[] = [];
      for (let wait = await look(); wait !== null; wait = await look()) waits.push(wait);
      return waits;
    },
    policiesOf: (spoke) => rightsUnder(spoke, overrides.state).policies,
  };
}
