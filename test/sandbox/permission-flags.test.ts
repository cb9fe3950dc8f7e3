import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { permissionFlagsFor } from '../../core/sandbox/permission-flags.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';

const COMMON = [
  '--allow-fs-read=/spoke/',
  '--allow-fs-read=/runtime/',
  '--no-addons',
  '--disable-proto=throw',
];

const TABLE = [
  { knows: [], flags: [], what: 'nothing on a Node without the model' },
  {
    knows: ['--experimental-permission'],
    flags: ['--experimental-permission', '--disable-warning=ExperimentalWarning', ...COMMON],
    what: 'the experimental flag where there is no other',
  },
  { knows: ['--permission'], flags: ['--permission', ...COMMON], what: 'the flag of newer Nodes' },
  {
    knows: ['--permission', '--experimental-permission'],
    flags: ['--permission', ...COMMON],
    what: 'the flag of newer Nodes where there are both',
  },
  {
    knows: ['--permission', '--allow-net'],
    flags: ['--permission', '--allow-net', '--disable-warning=ExperimentalWarning', ...COMMON],
    what: 'the channel left open where Node would take it for network',
  },
];

it.each(TABLE)('the permission model is turned on with $what', ({ knows, flags }) => {
  expect(permissionFlagsFor(new Set(knows))(['/spoke', '/runtime'])).toEqual(flags);
});

it('this Node takes the flags, reads what they name and nothing beside it', () => {
  const [inside, outside] = [makeTemporaryDirectory(), makeTemporaryDirectory()];
  writeFileSync(`${outside}/secret`, 'hunter2');
  writeFileSync(
    `${inside}/main.mjs`,
    `import fs from 'node:fs';
     fs.readFileSync(new URL(import.meta.url));
     try { console.log(fs.readFileSync('${outside}/secret', 'utf8')); } catch (error) { console.log(error.code); }`,
  );
  const flags = permissionFlagsFor(process.allowedNodeEnvironmentFlags)([inside]);
  const { stdout, stderr } = spawnSync(process.execPath, [...flags, `${inside}/main.mjs`], {
    encoding: 'utf8',
    env: {},
  });
  expect({ stdout, stderr }).toEqual({ stdout: 'ERR_ACCESS_DENIED\n', stderr: '' });
});
