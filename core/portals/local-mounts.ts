import type { Powers } from '../powers.ts';

/** File systems on a disk or in the memory of this machine. Nobody else's answer is waited for: no server's, no program's. */
const LOCAL: ReadonlySet<string> = new Set([
  ...['ext2', 'ext3', 'ext4', 'xfs', 'btrfs', 'f2fs', 'jfs', 'zfs', 'bcachefs', 'tmpfs', 'ramfs'],
]);

/** The mounts whose open files can be asked about without waiting. */
export interface LocalMounts {
  /** The number that /proc/self/fdinfo tells of each. */
  readonly numbers: ReadonlySet<number>;
  /** Whether that of `/` is one of them, and whatever else is mounted there. */
  readonly isRootLocal: boolean;
}

/** Of the mounts that there are now, those that are local. None where that cannot be told. */
export async function findLocalMounts(files: Pick<Powers['files'], 'readFile'>): Promise<LocalMounts> {
  const table = await files.readFile('/proc/self/mountinfo', 'utf8').catch(() => '');
  const mounts = table
    .split('\n')
    .filter((line) => line !== '')
    .map(readMount);
  const roots = mounts.filter(({ point }) => point === '/');
  return {
    numbers: new Set(mounts.filter(({ isLocal }) => isLocal).map(({ number }) => number)),
    isRootLocal: roots.length > 0 && roots.every(({ isLocal }) => isLocal),
  };
}

/** `36 35 98:0 /root /mnt rw,noatime master:1 - ext4 /dev/root rw`, with any number of words before the dash. */
function readMount(line: string) {
  const [before = '', after = ''] = line.split(' - ');
  const [number, , , , point] = before.split(' ');
  const [type = ''] = after.split(' ');
  // What lies under the root of a container is in layers; where they hang, so does everything.
  const isLocal = LOCAL.has(type) || (type === 'overlay' && point === '/');
  return { number: Number(number), point, isLocal };
}
