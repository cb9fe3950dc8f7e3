import type { Places } from '../schemas/places.ts';
import { cgroupContainment } from './jobs/cgroup-containment.ts';
import { type Contain, type Containment, chooseContainment, type NamespaceHold } from './jobs/containment.ts';
import type { Confine } from './jobs/scoped.ts';
import { tryConfinement } from './jobs/try-confinement.ts';
import type { Powers } from './powers.ts';
import { followProtectedPlaces } from './protected-places.ts';
import { createFilterFile } from './sandbox/filter-file.ts';
import { assembleFilter, isArchitecture } from './sandbox/seccomp/assemble.ts';
import { COMMAND_POLICY, HOST_COMMAND_POLICY } from './sandbox/seccomp/command-policy.ts';
import type { CallPolicy } from './sandbox/seccomp/policy.ts';

export interface ContainedCommands {
  readonly containment: Containment;
  readonly contain: Contain;
  /** What keeps commands from making namespaces of their own. */
  readonly hold: NamespaceHold;
  /** Absent where commands of the scoped profile cannot be had. */
  readonly confine?: Confine;
}

export interface ContainInput {
  readonly places: Places;
  readonly home: string;
  readonly architecture: string;
  /** Where Axium is installed. */
  readonly packageRoot: string;
  /** Where spokes are and could come to be, by now. */
  readonly spokeDirectories: () => readonly string[];
}

/** Finds out, by doing it, how the commands of this host can be held together and confined. */
export async function containCommands(
  powers: Powers,
  { places, home, architecture, packageRoot, spokeDirectories }: ContainInput,
): Promise<ContainedCommands> {
  const { config, state, permissionsFile, configFile } = places;
  const readOnly = await followProtectedPlaces({
    files: powers.files,
    // The two files as well: each may be a link to one that lies elsewhere.
    names: () => [config, state, permissionsFile, configFile, packageRoot, ...spokeDirectories()],
    home,
  });
  const real = (path: string) => powers.files.realpath(path).catch(() => null);
  const [run, ...others] = await Promise.all([places.run, config, state].map(real));
  const filterFor = (policy: CallPolicy) =>
    isArchitecture(architecture)
      ? createFilterFile(powers, places.run, assembleFilter(policy, architecture))
      : null;
  const hostFilter = filterFor(HOST_COMMAND_POLICY);
  const held = await chooseContainment(powers, {
    ...{ uid: powers.uid, run: run ?? places.run, readOnly },
    ...(hostFilter ? { openFilter: hostFilter.open } : {}),
  });
  if (held.hold !== 'filter') hostFilter?.close();
  if (held.containment === 'group') {
    const contain = await cgroupContainment(powers);
    return contain === null ? held : { ...held, containment: 'cgroup', contain };
  }
  const filter = filterFor(COMMAND_POLICY);
  if (filter === null) return held;
  const keepOut = [run ?? null, ...others].filter((path) => path !== null);
  const confine = await tryConfinement({ powers, home, keepOut, openFilter: filter.open });
  if (confine === null) filter.close();
  return confine === null ? held : { ...held, confine };
}
