import { expect, test } from 'vitest';
import { findLocalMounts } from '../../core/portals/local-mounts.ts';

const told = (table: string) =>
  findLocalMounts({ readFile: () => Promise.resolve(table) } as unknown as Parameters<
    typeof findLocalMounts
  >[0]);

test('a mount is local where no server and no program answers for it', async () => {
  const table = [
    '22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/root rw',
    '23 22 0:21 / /proc rw,nosuid shared:2 - proc proc rw',
    '24 22 0:22 / /tmp rw - tmpfs tmpfs rw',
    '25 22 0:50 / /home/u/remote rw master:1 propagate_from:2 - nfs4 server:/export rw',
    '26 22 8:17 / /media/stick rw - fuseblk /dev/sdb1 rw',
    '27 22 0:51 / /home/u/sshfs rw - fuse.sshfs host: rw',
    '28 22 0:52 / /var/layers rw - overlay overlay rw,lowerdir=/home/u/remote',
    '',
  ].join('\n');
  expect(await told(table)).toEqual(new Set([22, 24]));
});

test('layers under the root are local, since all hangs where they do', async () => {
  expect(await told('7 1 0:30 / / rw - overlay overlay rw,lowerdir=/a\n')).toEqual(new Set([7]));
});

test('nothing is local where the table cannot be read', async () => {
  const files = { readFile: () => Promise.reject(new Error('none')) };
  expect(await findLocalMounts(files as unknown as Parameters<typeof findLocalMounts>[0])).toEqual(new Set());
});
