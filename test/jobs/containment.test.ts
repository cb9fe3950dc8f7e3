import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { beforeEach, expect, onTestFinished, type TestContext, test } from 'vitest';
import {
  type ContainmentInput,
  chooseContainment,
  inGroup,
  inNamespace,
} from '../../core/jobs/containment.ts';
import { runCommand } from '../../core/jobs/run-command.ts';
import type { Powers } from '../../core/powers.ts';
import { createFilterFile } from '../../core/sandbox/filter-file.ts';
import { assembleFilter, isArchitecture } from '../../core/sandbox/seccomp/assemble.ts';
import { HOST_COMMAND_POLICY } from '../../core/sandbox/seccomp/command-policy.ts';
import { hostNotes } from '../../core/standing-notes.ts';
import { createPowers } from '../support/powers.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';
import { gone, holderOf, script, until } from './support/processes.ts';

type Spawn = Powers['spawn'];
const { spawn } = createPowers();

let root: string;

/** The directories of a daemon: sockets in run/, what it may not lose in config/, and something of the user's. */
beforeEach(async () => {
  root = makeTemporaryDirectory();
  for (const directory of ['run', 'config', 'user']) {
    await mkdir(`${root}/${directory}`);
    await writeFile(`${root}/${directory}/file`, directory);
  }
});

/** Runs a script as a job of this host's best containment; skips the test where that is none. */
async function contained(
  context: TestContext,
  text: string,
  changed: Partial<ContainmentInput> = {},
  by: Spawn = spawn,
) {
  const powers = createPowers({ spawn: by });
  const readOnly = () => [`${root}/config`, `${root}/none`];
  const input = { uid: powers.uid, run: `${root}/run`, readOnly, ...changed };
  const { containment, contain } = await chooseContainment(powers, input);
  if (containment !== 'namespace') context.skip('this host gives commands no namespace of their own');
  const { done, ...held } = contain(script(text), root);
  const command = runCommand(powers, {
    ...held,
    env: { PATH: '/usr/bin:/bin' },
    cwd: root,
    limits: { timeoutMs: 60_000, maxOutput: 10_000 },
  });
  done?.();
  onTestFinished(async () => {
    command.kill();
    await command.finished;
  });
  return command;
}

test('all processes of a command end with it, also one that left its group and session', async (context) => {
  const mark = `${root}/mark`;
  const command = await contained(
    context,
    `setsid tail -f /dev/null ${mark} >/dev/null 2>&1 & echo; sleep 600`,
  );
  await until(() => command.stdout() !== '');
  const pid = await holderOf(mark);
  command.kill();
  await command.finished;
  await gone(pid);
});

test('they end also when the command ends by itself', async (context) => {
  const mark = `${root}/mark`;
  const command = await contained(
    context,
    `setsid tail -f /dev/null ${mark} >/dev/null 2>&1 & while [ ! -e ${root}/go ]; do sleep 0.01; done`,
  );
  const pid = await holderOf(mark);
  await writeFile(`${root}/go`, '');
  await command.finished;
  await gone(pid);
});

test('a command sees no process but its own', async (context) => {
  const command = await contained(context, `ls -d /proc/[0-9]* | wc -l; cat /proc/${process.pid}/cmdline`);
  await command.finished;
  expect(Number(command.stdout().split('\n')[0])).toBeLessThan(10);
});

test('a command finds an empty directory where the sockets of the daemon are', async (context) => {
  const command = await contained(context, `ls -A ${root}/run; echo x > ${root}/run/new || echo refused`);
  await command.finished;
  expect(command.stdout()).toBe('refused\n');
  expect(await readdir(`${root}/run`)).toEqual(['file']);
});

test('a command can read and not change what decides and records', async (context) => {
  const command = await contained(
    context,
    `cat ${root}/config/file; echo x > ${root}/config/file || echo refused`,
  );
  await command.finished;
  expect(command.stdout()).toBe('configrefused\n');
  expect(await readFile(`${root}/config/file`, 'utf8')).toBe('config');
});

test('a command cannot put another directory in the place of one that is above what decides and records', async (context) => {
  for (const directory of ['above/axium/config', 'above/axium/run'])
    await mkdir(`${root}/${directory}`, { recursive: true });
  await writeFile(`${root}/above/axium/config/file`, 'config');
  const exchange = (name: string) =>
    `cp -r ${name} ${name}.new; mv ${name} ${name}.old && mv ${name}.new ${name}; echo x > above/axium/config/file;`;
  const command = await contained(
    context,
    `${exchange('above')} ${exchange('above/axium')} ${exchange('above/axium/config')} echo end`,
    { run: `${root}/above/axium/run`, readOnly: () => [`${root}/above/axium/config`] },
  );
  await command.finished;
  expect(command.stdout()).toBe('end\n');
  expect(await readFile(`${root}/above/axium/config/file`, 'utf8')).toBe('config');
  expect(await readdir(`${root}/above`)).toContain('axium');
  expect((await readdir(root)).sort()).toEqual(['above', 'above.new', 'config', 'run', 'user']);
});

test('what is read-only for a command is asked for each command', async (context) => {
  const readOnly: string[] = [];
  const places = { run: `${root}/run`, readOnly: () => readOnly };
  const change = `echo changed > ${root}/user/file || echo refused`;
  const first = await contained(context, change, places);
  await first.finished;
  readOnly.push(`${root}/user`);
  const second = await contained(context, change, places);
  await second.finished;
  expect([first.stdout(), second.stdout()]).toEqual(['', 'refused\n']);
});

/** As it is before 0.8, which does not know how to allow none. */
const oldBubblewrap: Spawn = (command, args, options) =>
  args.includes('--disable-userns') ? spawn('/bin/false', [], options) : spawn(command, [...args], options);

const NAMESPACE = `unshare --user true && echo got || echo refused`;

test('where bubblewrap cannot keep a command from further namespaces, a filter does', async (context) => {
  const architecture = process.arch;
  if (!isArchitecture(architecture)) return context.skip(`there is no filter for ${architecture}`);
  const powers = createPowers();
  const filter = createFilterFile(powers, root, assembleFilter(HOST_COMMAND_POLICY, architecture));
  onTestFinished(() => filter.close());
  const plain = await contained(context, NAMESPACE, {}, oldBubblewrap);
  await plain.finished;
  if (plain.stdout() !== 'got\n') context.skip('this host lets nobody make a user namespace');
  const held = await contained(context, NAMESPACE, { openFilter: filter.open }, oldBubblewrap);
  expect(await held.finished).toMatchObject({ end: 'exited', code: 0 });
  expect(held.stdout()).toBe('refused\n');
});

test('what keeps commands from further namespaces is told, and that nothing does', async (context) => {
  const powers = createPowers({ spawn: oldBubblewrap });
  const input = { uid: powers.uid, run: `${root}/run`, readOnly: () => [] };
  const { containment, hold } = await chooseContainment(powers, input);
  if (containment !== 'namespace') context.skip('this host gives commands no namespace of their own');
  expect(hold).toBe('nothing');
  const standing = { uid: 1000, fileThreads: 64, containment, hold };
  expect(hostNotes(standing)).toEqual([expect.stringContaining('install bubblewrap 0.8 or newer')]);
  expect(hostNotes({ ...standing, hold: 'count' })).toEqual([]);
});

test('a command does to everything else what its user can, and its exit code is told', async (context) => {
  const command = await contained(context, `pwd; echo changed > user/file; exit 7`);
  expect(await command.finished).toMatchObject({ end: 'exited', code: 7 });
  expect(command.stdout()).toBe(`${root}\n`);
  expect(await readFile(`${root}/user/file`, 'utf8')).toBe('changed\n');
});

test('where there is no bubblewrap, commands run in a group, and that is told', async () => {
  const powers = createPowers();
  const stat = () => Promise.reject(new Error('none'));
  const files = { ...powers.files, stat } as unknown as typeof powers.files;
  const input = { uid: powers.uid, run: `${root}/run`, readOnly: () => [] };
  expect(await chooseContainment({ ...powers, files }, input)).toEqual({
    containment: 'group',
    contain: inGroup,
    hold: 'nothing',
  });
});

test('where bubblewrap is there and does not work, commands run in a group as well', async () => {
  const powers = createPowers();
  const spawn: typeof powers.spawn = (_command, _args, options) => powers.spawn('/bin/false', [], options);
  const stat = async () => ({ uid: 0, mode: 0o100755 });
  const files = { ...powers.files, stat } as unknown as typeof powers.files;
  const input = { uid: powers.uid, run: `${root}/run`, readOnly: () => [] };
  expect((await chooseContainment({ ...powers, files, spawn }, input)).containment).toBe('group');
});

test.each([
  ['belongs to somebody else', { uid: 1000, mode: 0o100755 }],
  ['can be written by others', { uid: 0, mode: 0o100757 }],
])('a bubblewrap that %s holds no command', async (_, found) => {
  const powers = createPowers();
  const files = { ...powers.files, stat: async () => found } as unknown as typeof powers.files;
  const input = { uid: powers.uid, run: `${root}/run`, readOnly: () => [] };
  expect((await chooseContainment({ ...powers, files }, input)).containment).toBe('group');
});

test('the words of a command come last and after an end of options, so that none is one of the launcher', () => {
  const { argv } = inNamespace(
    createPowers(),
    { uid: 1000, run: '/run/a', readOnly: () => [] },
    'count',
  )(['/bin/--bind', '--ro-bind'], '/');
  expect(argv.slice(-3)).toEqual(['--', '/bin/--bind', '--ro-bind']);
});
