import type { Powers } from '../powers.ts';

/** File systems on a disk or in the memory of this machine. Nobody else's answer is waited for: no server's, no program's. */
const LOCAL: ReadonlySet<string> = new Set([
  ...['ext2', 'ext3', 'ext4', 'xfs', 'btrfs', 'f2fs', 'jfs', 'zfs', 'bcachefs', 'tmpfs', 'ramfs'],
]);

/** The mounts whose open files can be asked about without waiting, by the number that /proc/self/fdinfo tells of each. */
export type LocalMounts = ReadonlySet<number>;

/** Of the mounts that there are now, those that are local. None where that cannot be told. */
export async function findLocalMounts(files: Pick<Powers['files'], 'readFile'>): Promise<LocalMounts> {
  const table = await files.readFile('/proc/self/mountinfo', 'utf8').catch(() => '');
  return new Set(table.split('\n').flatMap((line) => localMount(line)));
}

/** `36 35 98:0 /root /mnt rw,noatime master:1 - ext4 /dev/root rw`, with any number of words before the dash. */
function localMount(line: string): readonly number[] {
  const [before = '', after = ''] = line.split(' - ');
  const [id, , , , point] = before.split(' ');
  const [type = ''] = after.split(' ');
  // What lies under the root of a container is in layers; where they hang, so does everything.
  const isLocal = LOCAL.has(type) || (type === 'overlay' && point === '/');
  return isLocal ? [Number(id)] : [];
}
