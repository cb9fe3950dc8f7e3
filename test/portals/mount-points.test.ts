import { expect, test } from 'vitest';
import { mountPoints } from '../../core/portals/mount-points.ts';
import { createPowers } from '../support/powers.ts';

test("the file systems of this host are told, the kernel's among them", async () => {
  expect(await mountPoints(createPowers().files)).toEqual(expect.arrayContaining(['/', '/proc']));
});

test('a path that the kernel writes with octal numbers is told as it is', async () => {
  const line = String.raw`36 35 98:0 / /mnt/a\040b\134c\011d rw,noatime - ext3 /dev/root rw`;
  const { files } = createPowers();
  const readFile = () => Promise.resolve(`${line}\n`);
  expect(await mountPoints({ ...files, readFile } as unknown as typeof files)).toEqual(['/mnt/a b\\c\td']);
});
