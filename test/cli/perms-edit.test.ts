import { chmod, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { axium, makeWorld, type World } from './support/cli.ts';

/** A program that does what the shell lines say to the file it is given, and notes its arguments. */
async function editor(world: World, name: string, lines: string): Promise<string> {
  const path = `${world.home}/bin/${name}`;
  await mkdir(`${world.home}/bin`, { recursive: true });
  await writeFile(
    path,
    `#!/bin/sh\nprintf '%s\\n' "${name}" "$@" > "${world.home}/called"\nfor file; do :; done\n${lines}\n`,
  );
  await chmod(path, 0o755);
  return path;
}

const fileOf = (world: World) => `${world.axium}/config/permissions.yaml`;
const edit = (world: World, env: Record<string, string>, ...words: string[]) =>
  axium({ ...world, env: { ...world.env, ...env } }, 'perms', 'edit', ...words);

test('perms edit makes a private file from a template that is valid as it is, and opens it', async () => {
  const world = await makeWorld();
  await rm(`${world.axium}/config`, { recursive: true });
  const EDITOR = await editor(world, 'ed', 'true');
  expect(await edit(world, { EDITOR }, 'weather')).toEqual({ code: 0, stdout: '', stderr: '' });
  const text = await readFile(fileOf(world), 'utf8');
  expect(text).toContain('\n# weather:\n#   exec: false\n');
  expect(text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))).toEqual([]);
  expect((await stat(fileOf(world))).mode & 0o777).toBe(0o600);
  expect((await stat(`${world.axium}/config`)).mode & 0o777).toBe(0o700);
});

test('the template is valid once its comment signs are taken away', async () => {
  const world = await makeWorld();
  const EDITOR = await editor(world, 'ed', `sed -i -n '/^# creds:/,$ s/^# //p' "$file"`);
  expect(await edit(world, { EDITOR })).toEqual({ code: 0, stdout: '', stderr: '' });
  expect(await readFile(fileOf(world), 'utf8')).toMatch(/^creds:\n {2}exec: false\n/);
});

test('$VISUAL comes before $EDITOR, with its arguments, and one that is not there is told and not replaced by another', async () => {
  const world = await makeWorld();
  const visual = await editor(world, 'visual', 'true');
  const plain = await editor(world, 'plain', 'true');
  const called = async () => (await readFile(`${world.home}/called`, 'utf8')).trim().split('\n');
  await edit(world, { VISUAL: `${visual}  --wait -x`, EDITOR: plain });
  expect(await called()).toEqual(['visual', '--wait', '-x', fileOf(world)]);
  await rm(`${world.home}/called`);
  for (const [variable, env] of [
    ['VISUAL', { VISUAL: 'no-such-editor-anywhere -x', EDITOR: plain }],
    ['EDITOR', { VISUAL: ' ', EDITOR: 'no-such-editor-anywhere' }],
  ] as const) {
    expect(await edit(world, env)).toEqual({
      code: 69,
      stdout: '',
      stderr: `axium: ${variable}: the editor 'no-such-editor-anywhere' was not found; set ${variable} to one that there is, like ${variable}=nano\n`,
    });
  }
  await expect(called()).rejects.toMatchObject({ code: 'ENOENT' });
  await edit(world, { VISUAL: '', EDITOR: plain });
  expect(await called()).toEqual(['plain', fileOf(world)]);
});

test.each(['sensible-editor', 'vi'])('without variables, %s is taken from the PATH', async (name) => {
  const world = await makeWorld();
  await editor(world, name, 'true');
  expect((await edit(world, { PATH: `${world.home}/bin` })).code).toBe(0);
  expect((await readFile(`${world.home}/called`, 'utf8')).split('\n')[0]).toBe(name);
});

test('no shell reads the name of the editor', async () => {
  const world = await makeWorld();
  await edit(world, { EDITOR: `touch ${world.home}/a;touch`, PATH: process.env.PATH ?? '' });
  // touch gets two arguments, the first of which only looks like the end of a command.
  expect((await stat(`${world.home}/a;touch`)).isFile()).toBe(true);
});

test('where there is no editor at all, perms edit says what to set', async () => {
  const world = await makeWorld();
  expect(await edit(world, { PATH: `${world.home}/nowhere` })).toEqual({
    code: 69,
    stdout: '',
    stderr: 'axium: no editor was found; set EDITOR to one, like EDITOR=nano\n',
  });
});

test('an edit that is not valid ends with 65, names the place, and says what stays in force', async () => {
  const world = await makeWorld();
  const EDITOR = await editor(world, 'ed', `printf 'creds:\\n  exce: false\\n' > "$file"`);
  const { code, stdout, stderr } = await edit(world, { EDITOR });
  expect({ code, stdout }).toEqual({ code: 65, stdout: '' });
  expect(stderr.split('\n')[0]).toBe(
    'axium: ~/axium/config/permissions.yaml is not valid; the last good version stays in force until it is mended',
  );
  expect(stderr).toMatch(/\n {2}\S*permissions\.yaml:2:3: .*exce/);
  expect(stderr).toContain('    2 |   exce: false\n');
});

test('a warning about the edit is printed, and the edit counts', async () => {
  const world = await makeWorld();
  const EDITOR = await editor(world, 'ed', `printf 'creds:\\n  fs_read: ["~/**"]\\n' > "$file"`);
  const { code, stderr } = await edit(world, { EDITOR });
  expect(code).toBe(0);
  expect(stderr).toMatch(/^axium: warning: \S*permissions\.yaml:2:\d+: .*~\/\*\*.*\n$/);
});

test('an editor that fails is told of, after what it saved was checked', async () => {
  const world = await makeWorld();
  const EDITOR = await editor(world, 'ed', 'exit 3');
  const failed = await edit(world, { EDITOR });
  expect({ code: failed.code, stderr: failed.stderr }).toEqual({
    code: 1,
    stderr: `axium: the editor '${EDITOR}' ended with 3; ${fileOf(world)} is as it left it\n`,
  });
  const broken = await editor(world, 'ed', `printf '[' > "$file"; exit 3`);
  expect((await edit(world, { EDITOR: broken })).code).toBe(65);
});

test('a file that is there is not changed, and a missing section is named', async () => {
  const world = await makeWorld();
  const EDITOR = await editor(world, 'ed', 'true');
  const text = 'aws:   # mine\n   exec: false\n';
  await writeFile(fileOf(world), text);
  expect((await edit(world, { EDITOR }, 'creds')).stderr).toBe(
    "axium: ~/axium/config/permissions.yaml has no section for 'creds' yet; begin one with a line 'creds:'\n",
  );
  expect((await edit(world, { EDITOR }, 'aws')).stderr).toBe('');
  expect(await readFile(fileOf(world), 'utf8')).toBe(text);
});

test('what can be no name of a spoke is a usage error, before anything is made', async () => {
  const world = await makeWorld();
  expect(await edit(world, {}, '../x')).toEqual({
    code: 64,
    stdout: '',
    stderr: "axium: '../x': expected the name of a spoke, like creds\n",
  });
  await expect(stat(fileOf(world))).rejects.toThrow('ENOENT');
});
