import { mkdir } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { containCommands } from '../../core/contain-commands.ts';
import { cgroupContainment } from '../../core/jobs/cgroup-containment.ts';
import { runCommand } from '../../core/jobs/run-command.ts';
import { placesFor } from '../../schemas/places.ts';
import { createPowers, type TestPowers } from '../support/powers.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';

async function contained(powers: TestPowers, architecture: string = process.arch) {
  const home = makeTemporaryDirectory();
  const places = placesFor({ AXIUM_HOME: `${home}/axium` }, home);
  await mkdir(places.run, { recursive: true });
  return containCommands(powers, { places, home, architecture });
}

/** The powers of a host on which these paths are not there. */
function without(...missing: readonly string[]): TestPowers {
  const { files } = createPowers();
  const refuse = (path: unknown) => missing.some((one) => String(path).startsWith(one));
  const access: typeof files.access = (path, mode) =>
    refuse(path) ? Promise.reject(new Error('none')) : files.access(path, mode);
  const readFile = ((path: string, options: 'utf8') =>
    refuse(path)
      ? Promise.reject(new Error('none'))
      : files.readFile(path, options)) as typeof files.readFile;
  return createPowers({ files: { ...files, access, readFile } as typeof files });
}

test('without bubblewrap and without a cgroup, commands run in a group, which is told, and cannot be scoped', async () => {
  const found = await contained(without('/usr/bin/bwrap', `/proc/${createPowers().pid}/cgroup`));
  expect([found.containment, found.confine]).toEqual(['group', undefined]);
});

test('without bubblewrap and with a cgroup, that is told, and commands cannot be scoped', async (context) => {
  if ((await cgroupContainment(createPowers())) === null)
    context.skip('the cgroup of this process cannot be written');
  const found = await contained(without('/usr/bin/bwrap'));
  expect([found.containment, found.confine]).toEqual(['cgroup', undefined]);
});

test('where there is no filter for the processor, commands have a namespace and cannot be scoped', async (context) => {
  const found = await contained(createPowers(), 'mips');
  if (found.containment !== 'namespace') context.skip('this host gives commands no namespace');
  expect(found.confine).toBeUndefined();
});

test('a command in a cgroup gets its words and variables as they are, and leaves no group behind', async (context) => {
  const powers = createPowers();
  const contain = await cgroupContainment(powers);
  if (contain === null) return context.skip('the cgroup of this process cannot be written');
  const words = ['a b', '$HOME', '', '-e', "it's", '--'];
  const held = contain(['/usr/bin/printf', '%s|', ...words], '/');
  const limits = { timeoutMs: 60_000, maxOutput: 1000 };
  const command = runCommand(powers, { ...held, env: { A: '1' }, cwd: '/', limits });
  expect(await command.finished).toEqual({ end: 'exited', code: 0, signal: null });
  expect(command.stdout()).toBe(`${words.join('|')}|`);
  while (powers.clock.waits().length > 0) powers.clock.advance(100);
  const group = (held.argv.find((word) => word.endsWith('/cgroup.procs')) ?? '').replace(
    /\/cgroup\.procs$/,
    '',
  );
  await expect(powers.files.access(group)).rejects.toMatchObject({ code: 'ENOENT' });
});
