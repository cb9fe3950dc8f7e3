import { writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { spokesPathNotes } from '../core/spokes-path-notes.ts';
import { createPowers } from './support/powers.ts';
import { makeTemporaryDirectory } from './support/temporary-directory.ts';

test('every entry of AXIUM_SPOKES_PATH in which no spoke is looked for is told, and no other', async () => {
  const directory = makeTemporaryDirectory();
  await writeFile(`${directory}/file`, '');
  const path = [
    'spokes',
    directory,
    '',
    `${directory}/nosuch`,
    '~/spokes',
    `${directory}/file/below`,
    `${directory}/file`,
  ];
  const notes = await spokesPathNotes(createPowers({ env: { AXIUM_SPOKES_PATH: path.join(':') } }));
  const told = (entry: string, why: string) =>
    `AXIUM_SPOKES_PATH: '${entry}' is passed over: ${why}; mend it and run 'axium daemon restart'`;
  expect(notes).toEqual([
    told('spokes', 'expected an absolute path'),
    told('~/spokes', 'expected an absolute path'),
    told(`${directory}/nosuch`, 'there is no such directory'),
    told(`${directory}/file/below`, 'there is no such directory'),
    told(`${directory}/file`, 'it is no directory'),
  ]);
});

test('without AXIUM_SPOKES_PATH there is nothing to tell', async () => {
  expect(await spokesPathNotes(createPowers())).toEqual([]);
  expect(await spokesPathNotes(createPowers({ env: { AXIUM_SPOKES_PATH: '' } }))).toEqual([]);
});
