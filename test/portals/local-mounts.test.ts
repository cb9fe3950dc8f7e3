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
  expect(await told(table)).toEqual({ numbers: new Set([22, 24]), isRootLocal: true });
});

test('layers under the root are local, since all hangs where they do', async () => {
  const table = '7 1 0:30 / / rw - overlay overlay rw,lowerdir=/a\n';
  expect(await told(table)).toEqual({ numbers: new Set([7]), isRootLocal: true });
});

test.each([
  ['is one of a server', '25 1 0:50 / / rw - nfs4 server:/export rw\n'],
  [
    'has one of a server over it',
    '22 1 254:0 / / rw - ext4 /dev/root rw\n25 22 0:50 / / rw - nfs4 server:/export rw\n',
  ],
  ['is not told of', '24 22 0:22 / /tmp rw - tmpfs tmpfs rw\n'],
])('a root that %s is not local', async (_which, table) => {
  expect(await told(table)).toMatchObject({ isRootLocal: false });
});

test('nothing is local where the table cannot be read', async () => {
  const files = { readFile: () => Promise.reject(new Error('none')) };
  expect(await findLocalMounts(files as unknown as Parameters<typeof findLocalMounts>[0])).toEqual({
    numbers: new Set(),
    isRootLocal: false,
  });
});
