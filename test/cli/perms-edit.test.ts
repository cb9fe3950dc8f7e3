import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { axium, axiumWith, makeWorld, PACKAGE, type World } from './support/cli.ts';
import { atTerminal, NO_TERMINAL } from './support/terminal.ts';
import { fileOf, tunedWorld } from './support/tuned-world.ts';

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

/** The private copy that an editor is given. */
const DRAFT = /\/axium\/state\/drafts\/[^/]+\/permissions\.yaml$/;
const edit = (world: World, env: Record<string, string>, ...words: string[]) =>
  axium({ ...world, env: { ...world.env, ...env } }, 'perms', 'edit', ...words);

test('perms edit makes a private file from a template that is valid as it is, and opens it', async () => {
  const world = await makeWorld();
  await rm(`${world.axium}/config`, { recursive: true });
  const EDITOR = await editor(world, 'ed', 'true');
  expect(await edit(world, { EDITOR }, 'weather')).toEqual({ code: 0, stdout: '', stderr: '' });
  const text = await readFile(fileOf(world), 'utf8');
  expect(text).toMatch(/^# yaml-language-server: \$schema=file:\S+\/permissions\.schema\.json\n/);
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
  expect(await called()).toEqual(['visual', '--wait', '-x', expect.stringMatching(DRAFT)]);
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
  expect(await called()).toEqual(['plain', expect.stringMatching(DRAFT)]);
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

/** The one text that was kept because it could not be saved. */
async function keptIn(world: World): Promise<string> {
  const drafts = `${world.axium}/state/drafts`;
  const names = await readdir(drafts);
  expect(names).toHaveLength(1);
  expect((await stat(`${drafts}/${names[0]}`)).mode & 0o777).toBe(0o700);
  return readFile(`${drafts}/${names[0]}/permissions.yaml`, 'utf8');
}

test('an edit that is not valid is not saved: it ends with 65, names the place, and is kept', async () => {
  const world = await makeWorld();
  await writeFile(fileOf(world), 'creds:\n  exec: false\n');
  const EDITOR = await editor(world, 'ed', `printf 'creds:\\n  exce: false\\n' > "$file"`);
  const { code, stdout, stderr } = await edit(world, { EDITOR });
  expect({ code, stdout }).toEqual({ code: 65, stdout: '' });
  expect(stderr.split('\n')[0]).toMatch(
    /^axium: this is not valid, so nothing was saved; your text is kept, and 'axium perms edit --from ~\/axium\/state\/drafts\/\S+\/permissions\.yaml' takes it$/,
  );
  expect(stderr).toMatch(/\n {2}\S*permissions\.yaml:2:3: .*exce/);
  expect(stderr).toContain('    2 |   exce: false\n');
  expect(await readFile(fileOf(world), 'utf8')).toBe('creds:\n  exec: false\n');
  expect(await keptIn(world)).toBe('creds:\n  exce: false\n');
});

test('a warning about the edit is printed, and the edit counts', async () => {
  const world = await makeWorld();
  const EDITOR = await editor(world, 'ed', `printf 'creds:\\n  fs_read: ["~/**"]\\n' > "$file"`);
  const { code, stderr } = await edit(world, { EDITOR });
  expect(code).toBe(0);
  expect(stderr).toMatch(/^axium: warning: \S*permissions\.yaml:2:\d+: .*~\/\*\*.*\n$/);
});

test('what an editor leaves that fails or is killed is not saved, and not lost', async () => {
  const world = await makeWorld();
  await writeFile(fileOf(world), '# mine\n');
  const idle = await editor(world, 'idle', 'exit 3');
  expect(await edit(world, { EDITOR: idle })).toEqual({
    code: 1,
    stdout: '',
    stderr: `axium: the editor '${idle}' ended with 3; nothing was changed\n`,
  });
  const killed = await editor(world, 'killed', `printf 'creds: {exec: false}\\n' > "$file"; kill -9 $$`);
  const { code, stderr } = await edit(world, { EDITOR: killed });
  expect(code).toBe(1);
  expect(stderr).toContain(
    `axium: the editor '${killed}' ended with SIGKILL, so nothing was saved; your text is kept`,
  );
  expect(await readFile(fileOf(world), 'utf8')).toBe('# mine\n');
  expect(await keptIn(world)).toBe('creds: {exec: false}\n');
  const [, draft = ''] = /--from (\S+)'/.exec(stderr) ?? [];
  expect(await edit(world, {}, '--from', draft)).toEqual({ code: 0, stdout: '', stderr: '' });
  expect(await readFile(fileOf(world), 'utf8')).toBe('creds: {exec: false}\n');
});

test('a file that changes while it is edited is left as it is, and the edit is kept', async () => {
  const world = await makeWorld();
  await writeFile(fileOf(world), '# mine\n');
  const EDITOR = await editor(
    world,
    'ed',
    `printf '# by hand\\n' > '${fileOf(world)}'; printf 'creds: {exec: false}\\n' > "$file"`,
  );
  const { code, stderr } = await edit(world, { EDITOR });
  expect(code).toBe(75);
  expect(stderr).toContain(
    'was changed by somebody else in the meantime; try again; your text is kept, and ',
  );
  expect(await readFile(fileOf(world), 'utf8')).toBe('# by hand\n');
  expect(await keptIn(world)).toBe('creds: {exec: false}\n');
});

test('while a person edits, no other command changes the file', async () => {
  const world = await tunedWorld('# mine\n');
  const other = `"${process.execPath}" "${PACKAGE}/dist/cli/axium.cjs"`;
  const EDITOR = await editor(
    world,
    'ed',
    `${other} perms deny weather notify 2> "${world.home}/other"; printf '# edited\\n' >> "$file"`,
  );
  expect((await edit(world, { EDITOR })).code).toBe(0);
  expect(await readFile(fileOf(world), 'utf8')).toBe('# mine\n# edited\n');
  expect(await readFile(`${world.home}/other`, 'utf8')).toMatch(
    /^axium: permissions\.yaml is being edited by another command \(pid \d+\); try again once it has ended\n$/,
  );
});

test('the lock of a command that was killed is taken over', async () => {
  const world = await tunedWorld('# mine\n');
  await writeFile(
    `${world.axium}/state/permissions.edit.lock`,
    '{"pid":1,"began":"no such time","edits":true}',
  );
  const EDITOR = await editor(world, 'ed', `printf '# edited\\n' >> "$file"`);
  expect((await edit(world, { EDITOR })).code).toBe(0);
  expect(await readdir(`${world.axium}/state`)).not.toContain('permissions.edit.lock');
});

test('an edit prints what spokes may do by it, and can be undone', async () => {
  const world = await tunedWorld('# mine\n');
  const EDITOR = await editor(world, 'ed', `printf 'weather: {notify: false}\\n' >> "$file"`);
  expect((await edit(world, { EDITOR })).stdout).toBe(
    'weather\n  - notify: true (base, ~/axium/config/spokes/weather/spoke.yaml:5:11)\n',
  );
  expect((await axium(world, 'perms', 'undo')).code).toBe(0);
  expect(await readFile(fileOf(world), 'utf8')).toBe('# mine\n');
});

test('--from - takes standard input, and nothing that is not valid', async () => {
  const world = await makeWorld();
  await writeFile(fileOf(world), '# mine\n');
  const from = (text: string) => axiumWith(world, text, 'perms', 'edit', '--from', '-');
  const broken = await from('creds: {exce: false}\n');
  expect({ code: broken.code, said: broken.stderr.split('\n')[0] }).toEqual({
    code: 65,
    said: 'axium: this is not valid, so nothing was saved:',
  });
  expect(await readFile(fileOf(world), 'utf8')).toBe('# mine\n');
  expect(await from('creds: {exec: false}\n')).toEqual({ code: 0, stdout: '', stderr: '' });
  expect(await readFile(fileOf(world), 'utf8')).toBe('creds: {exec: false}\n');
});

test.skipIf(NO_TERMINAL)('at a terminal one is asked what to do about a text that is not valid', async () => {
  const world = await makeWorld();
  await writeFile(fileOf(world), '# mine\n');
  const EDITOR = await editor(
    world,
    'ed',
    `if [ -e "${world.home}/again" ]; then printf 'creds: {exec: false}\\n' > "$file"; else touch "${world.home}/again"; printf 'creds: [\\n' > "$file"; fi`,
  );
  const typed = await atTerminal({ ...world, env: { ...world.env, EDITOR } }, ['d', 'e'], 'perms', 'edit');
  expect(typed).toContain('permissions.yaml:2:1: ');
  expect(typed).toContain('-# mine\r\n+creds: [\r\n');
  expect(await readFile(fileOf(world), 'utf8')).toBe('creds: {exec: false}\n');
  await rm(`${world.home}/again`);
  const given = await atTerminal({ ...world, env: { ...world.env, EDITOR } }, ['x'], 'perms', 'edit');
  expect(given).toContain('axium: discarded; nothing was changed\r\n');
  expect(await readFile(fileOf(world), 'utf8')).toBe('creds: {exec: false}\n');
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
