import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { expect, onTestFinished, test } from 'vitest';
import { containCommands } from '../../core/contain-commands.ts';
import { cgroupContainment } from '../../core/jobs/cgroup-containment.ts';
import { runCommand } from '../../core/jobs/run-command.ts';
import { tryConfinement } from '../../core/jobs/try-confinement.ts';
import { ownCgroup } from '../../core/own-cgroup.ts';
import { createFilterFile } from '../../core/sandbox/filter-file.ts';
import { assembleFilter, isArchitecture } from '../../core/sandbox/seccomp/assemble.ts';
import { COMMAND_POLICY } from '../../core/sandbox/seccomp/command-policy.ts';
import { placesFor } from '../../schemas/places.ts';
import { createPowers, type TestPowers } from '../support/powers.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';

async function contained(powers: TestPowers, architecture: string = process.arch) {
  const home = makeTemporaryDirectory();
  const places = placesFor({ AXIUM_HOME: `${home}/axium` }, home);
  await mkdir(places.run, { recursive: true });
  return containCommands(powers, {
    ...{ places, home, architecture, packageRoot: `${home}/package` },
    spokeDirectories: () => [],
  });
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
  const stat = ((path: string) =>
    refuse(path) ? Promise.reject(new Error('none')) : files.stat(path)) as typeof files.stat;
  return createPowers({ files: { ...files, access, stat, readFile } as typeof files });
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

test('where a cgroup cannot be ended as one, commands run in a group', async (context) => {
  if ((await cgroupContainment(createPowers())) === null)
    context.skip('the cgroup of this process cannot be written');
  const { files, pid } = createPowers();
  const own = await ownCgroup(files, pid);
  const groups = async () => (await readdir(own ?? '')).filter((name) => name.startsWith('axium-'));
  const before = await groups();
  const access: typeof files.access = (path, mode) =>
    String(path).endsWith('/cgroup.kill') ? Promise.reject(new Error('none')) : files.access(path, mode);
  const powers = createPowers({ files: { ...files, access } as typeof files });
  expect(await cgroupContainment(powers)).toBeNull();
  expect((await groups()).filter((name) => !before.includes(name))).toEqual([]);
});

test('where there is no filter for the processor, commands have a namespace and cannot be scoped', async (context) => {
  const found = await contained(createPowers(), 'mips');
  if (found.containment !== 'namespace') context.skip('this host gives commands no namespace');
  expect(found.confine).toBeUndefined();
});

test('a command changes neither spokes, nor Axium itself, nor the file that a link in the configuration leads to', async (context) => {
  const powers = createPowers();
  const root = makeTemporaryDirectory();
  const places = placesFor({ AXIUM_HOME: `${root}/home/axium` }, `${root}/home`);
  const kept = ['spokes/one/spoke.yaml', 'linked/spoke.yaml', 'package/main.js', 'home/dot/permissions.yaml'];
  for (const directory of [places.run, places.config, ...['spokes/one', 'linked', 'package', 'home/dot']]) {
    await mkdir(directory.startsWith('/') ? directory : `${root}/${directory}`, { recursive: true });
  }
  for (const file of kept) await writeFile(`${root}/${file}`, 'kept');
  await symlink(`${root}/home/dot/permissions.yaml`, places.permissionsFile);
  await symlink(`${root}/linked`, `${root}/spokes/two`);
  const { containment, contain } = await containCommands(powers, {
    ...{ places, home: `${root}/home`, architecture: process.arch, packageRoot: `${root}/package` },
    spokeDirectories: () => [`${root}/spokes`, `${root}/spokes/one`, `${root}/spokes/two`],
  });
  if (containment !== 'namespace') context.skip('this host gives commands no namespace');
  const text = `for file in ${kept.join(' ')}; do echo more >> $file; mv $file away; done; mkdir spokes/three; echo x > home/other`;
  const { done, ...held } = contain(['/bin/sh', '-c', text], root);
  const limits = { timeoutMs: 60_000, maxOutput: 10_000 };
  const command = runCommand(powers, { ...held, env: { PATH: '/usr/bin:/bin' }, cwd: '/', limits });
  done?.();
  expect(await command.finished).toMatchObject({ end: 'exited', code: 0 });
  for (const file of kept) expect(await readFile(`${root}/${file}`, 'utf8')).toBe('kept');
  expect(command.stderr()).toContain('spokes/three');
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

test("where Axium's own directories lie within the system, a scoped command finds them empty", async (context) => {
  const powers = createPowers();
  const architecture = process.arch;
  if (!isArchitecture(architecture)) return context.skip(`there is no filter for ${architecture}`);
  const root = makeTemporaryDirectory();
  const filter = createFilterFile(powers, root, assembleFilter(COMMAND_POLICY, architecture));
  onTestFinished(() => filter.close());
  // Stands for a directory of ours, since a test leaves the system as it is.
  const keepOut = ['/usr/share', '/nowhere'];
  const confine = await tryConfinement({ powers, home: root, keepOut, openFilter: filter.open });
  if (confine === null) return context.skip('this host cannot confine a command to a scope');
  const argv = [
    '/bin/sh',
    '-c',
    'ls -A /usr/share; ls /usr | grep share; echo x > /usr/share/new || echo refused',
  ];
  const limits = { timeoutMs: 60_000, maxOutput: 10_000 };
  const { input, done } = confine({ argv, env: {}, cwd: '/', limits }, { binds: [], links: [], net: false });
  const command = runCommand(powers, input);
  done();
  await command.finished;
  expect(command.stdout()).toBe('share\nrefused\n');
});
