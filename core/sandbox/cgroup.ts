import { constants } from 'node:fs';
import { AxiumError, errno } from '../errors.ts';
import { ownCgroup } from '../own-cgroup.ts';
import type { Powers } from '../powers.ts';

export interface GroupLimits {
  /** Bytes of memory beyond what the process has when it is adopted. */
  readonly extraMemory: number;
  /** Processes and threads, all together. */
  readonly tasks: number;
}

/** The group of one spoke. */
export interface SpokeGroup {
  /** True where the kernel has ended something in the group because it took more memory than it may. */
  readonly ranOut: () => Promise<boolean>;
  /** Ends what is left in the group, and takes the group away. Rejects where that cannot be done within 5 seconds. */
  readonly remove: () => Promise<void>;
}

export interface SpokeGroups {
  /** Puts a process into a group of its own, under these limits. Rejects where that cannot be done; it then has none. */
  readonly adopt: (spoke: string, pid: number, limits: GroupLimits) => Promise<SpokeGroup>;
}

type Needed = Pick<Powers, 'files' | 'clock' | 'pid'>;

const PREFIX = 'spoke-';
/** Where the daemon itself goes: the kernel lets no group both have limits for its sub-groups and hold processes. */
const DAEMON_GROUP = 'axiumd';
const CONTROLLERS = ['memory', 'pids'] as const;
const PATIENCE_MS = 5000;
const LOOK_MS = 20;

/**
 * Groups for spokes below the daemon's own, or null where there can be none: no unified hierarchy, no memory controller
 * in it, a group that the daemon may not write, or one that it shares with processes which are none of its business.
 */
export async function openCgroups(powers: Needed): Promise<SpokeGroups | null> {
  const { files, pid } = powers;
  const own = await ownCgroup(files, pid);
  if (own === null) return null;
  const read = (name: string) => files.readFile(`${own}/${name}`, 'utf8').catch(() => '');
  const offered = words(await read('cgroup.controllers'));
  const controllers = CONTROLLERS.filter((name) => offered.includes(name));
  if (!controllers.includes('memory')) return null;
  if (words(await read('cgroup.procs')).join() !== String(pid)) return null;
  const aside = `${own}/${DAEMON_GROUP}`;
  try {
    await files.mkdir(aside).catch(unless('EEXIST'));
    await write(files, `${aside}/cgroup.procs`, pid);
    await write(files, `${own}/cgroup.subtree_control`, controllers.map((name) => `+${name}`).join(' '));
  } catch {
    // Back to where it was: a daemon without groups is one that never tried.
    await write(files, `${own}/cgroup.procs`, pid).catch(() => {});
    await files.rmdir(aside).catch(() => {});
    return null;
  }
  // What a daemon left that did not live to remove it. Such groups are empty: their spokes ended with it.
  const left = (await files.readdir(own)).filter((name) => name.startsWith(PREFIX));
  await Promise.all(left.map((name) => files.rmdir(`${own}/${name}`).catch(() => {})));
  return groupsIn(powers, { parent: own, aside, controllers });
}

export interface Hierarchy {
  /** The directory of the group that the groups of spokes are made in. */
  readonly parent: string;
  /** The group of the daemon itself, below it. */
  readonly aside: string;
  /** The controllers that are turned on for what is below. */
  readonly controllers: readonly string[];
}

/** Groups for spokes in a part of the hierarchy that is the caller's, with the limits that are turned on there. */
export function groupsIn(
  { files, clock }: Pick<Powers, 'files' | 'clock'>,
  { parent, aside, controllers }: Hierarchy,
): SpokeGroups {
  const limit = async (group: string, { extraMemory, tasks }: GroupLimits) => {
    if (controllers.includes('pids')) await write(files, `${group}/pids.max`, tasks);
    if (!controllers.includes('memory')) return;
    // What a process had stays counted where it was before, so that this is what it took since.
    const since = Number(await files.readFile(`${group}/memory.current`, 'utf8'));
    await write(files, `${group}/memory.max`, since + extraMemory);
    // Memory on disk is memory as well. Kernels without swap have no such file.
    await write(files, `${group}/memory.swap.max`, 0).catch(unless('ENOENT'));
    await write(files, `${group}/memory.oom.group`, 1);
  };
  return {
    async adopt(spoke, pid, limits) {
      const path = `${parent}/${PREFIX}${spoke}-${pid}`;
      await files.mkdir(path);
      try {
        await write(files, `${path}/cgroup.procs`, pid);
        await limit(path, limits);
      } catch (error) {
        await write(files, `${aside}/cgroup.procs`, pid).catch(() => {});
        await files.rmdir(path).catch(() => {});
        throw error;
      }
      return {
        async ranOut() {
          const events = await files.readFile(`${path}/memory.events`, 'utf8').catch(() => '');
          return /^oom_kill [1-9]/m.test(events);
        },
        remove: () => removeGroup({ files, clock }, path),
      };
    },
  };
}

async function removeGroup({ files, clock }: Pick<Powers, 'files' | 'clock'>, path: string): Promise<void> {
  // Kernels before 5.14 have no such file; what is in the group is then ended by whoever started it.
  await write(files, `${path}/cgroup.kill`, 1).catch(unless('ENOENT'));
  const end = clock.monotonic() + PATIENCE_MS;
  for (;;) {
    try {
      return await files.rmdir(path);
    } catch (error) {
      if (errno(error) === 'ENOENT') return;
      if (errno(error) !== 'EBUSY' || clock.monotonic() >= end)
        throw new AxiumError('unavailable', `${path}: the group could not be removed: ${String(error)}`);
    }
    // The kernel ends processes in its own time, and a group with one in it stays.
    await new Promise<void>((resolve) => void clock.after(LOOK_MS, resolve));
  }
}

/** Files of the kernel are written to and never made; some of them can only be written. */
function write(files: Powers['files'], path: string, value: string | number): Promise<void> {
  return files.writeFile(path, String(value), { flag: constants.O_WRONLY | constants.O_TRUNC });
}

function words(text: string): readonly string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}

function unless(expected: string): (error: unknown) => void {
  return (error) => {
    if (errno(error) !== expected) throw error;
  };
}
