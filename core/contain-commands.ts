import type { Places } from '../schemas/places.ts';
import { cgroupContainment } from './jobs/cgroup-containment.ts';
import { type Contain, type Containment, chooseContainment } from './jobs/containment.ts';
import type { Confine } from './jobs/scoped.ts';
import { tryConfinement } from './jobs/try-confinement.ts';
import type { Powers } from './powers.ts';
import { createFilterFile } from './sandbox/filter-file.ts';
import { assembleFilter, isArchitecture } from './sandbox/seccomp/assemble.ts';
import { COMMAND_POLICY } from './sandbox/seccomp/command-policy.ts';

export interface ContainedCommands {
  readonly containment: Containment;
  readonly contain: Contain;
  /** Absent where commands of the scoped profile cannot be had. */
  readonly confine?: Confine;
}

/** Finds out, by doing it, how the commands of this host can be held together and confined. */
export async function containCommands(
  powers: Powers,
  {
    places,
    home,
    architecture,
  }: { readonly places: Places; readonly home: string; readonly architecture: string },
): Promise<ContainedCommands> {
  const { run, config, state } = places;
  const held = await chooseContainment(powers, { uid: powers.uid, run, readOnly: [config, state] });
  if (held.containment === 'group') {
    const contain = await cgroupContainment(powers);
    return contain === null ? held : { containment: 'cgroup', contain };
  }
  if (!isArchitecture(architecture)) return held;
  const filter = createFilterFile(powers, run, assembleFilter(COMMAND_POLICY, architecture));
  const confine = await tryConfinement({ powers, home, openFilter: filter.open });
  if (confine === null) filter.close();
  return confine === null ? held : { ...held, confine };
}
