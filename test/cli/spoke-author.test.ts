import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, symlinkSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { missingProgram } from '../scenarios/support/levels.ts';
import { writeSpoke, writeTree } from '../support/spoke-directory.ts';
import { axium, makeWorld, type Outcome, PACKAGE, type World } from './support/cli.ts';

/** Runs the command in a directory of the world's home. */
function axiumIn(directory: string, { env }: World, ...args: readonly string[]): Outcome {
  const { status, stdout, stderr } = spawnSync(process.execPath, [`${PACKAGE}/dist/cli/axium.cjs`, ...args], {
    cwd: directory,
    env: { ...env },
    encoding: 'utf8',
  });
  return { code: status, stdout, stderr };
}

const spokesOf = async ({ axium }: World) => (await readdir(`${axium}/config/spokes`).catch(() => [])).sort();

describe('spoke new', () => {
  test.each(['js', 'ts', 'python'])(
    'writes a spoke with the template %s that validates',
    async (template) => {
      const world = await makeWorld();
      const made = axiumIn(world.home, world, 'spoke', 'new', 'hello', '--template', template);
      expect(made).toEqual({
        code: 0,
        stdout: 'hello is in ./hello; next: cd hello && axium spoke dev\n',
        stderr: '',
      });
      expect(axiumIn(`${world.home}/hello`, world, 'spoke', 'validate')).toEqual({
        code: 0,
        stdout: 'hello 0.1.0: Says hello\nIt asks for:\n  notify: notifications\n',
        stderr: '',
      });
    },
  );

  test('writes over nothing, and takes no name that a spoke cannot have', async () => {
    const world = await makeWorld();
    writeTree(`${world.home}/hello`, { mine: 'x' });
    expect(axiumIn(world.home, world, 'spoke', 'new', 'hello')).toMatchObject({
      code: 1,
      stderr: 'axium: hello is there already; choose another name, or go elsewhere\n',
    });
    expect(await readdir(`${world.home}/hello`)).toEqual(['mine']);
    for (const name of ['../up', 'Hello', 'perms', '/tmp/x']) {
      expect(axiumIn(world.home, world, 'spoke', 'new', name)).toMatchObject({
        code: 64,
        stderr: expect.stringContaining(`axium: '${name}': `),
      });
    }
  });
});

describe('spoke validate tells an author in one message where what is wrong', () => {
  const python = missingProgram('python');
  test.each<[string, Readonly<Record<string, string>>, RegExp]>([
    [
      'a typo in the entrypoint',
      { 'spoke.yaml': 'name: x\nentrypoint: mian:register\n' },
      /x\/spoke\.yaml:2:13: the entry module 'mian' is not there; .*did you mean 'main'\?/,
    ],
    [
      'a permission that is none',
      { 'spoke.yaml': 'name: x\nentrypoint: main:register\npermissions: {notfiy: true}\n' },
      /x\/spoke\.yaml:3:15: unknown key 'notfiy'; did you mean 'notify'\?/,
    ],
    [
      'a syntax error',
      { 'main.mjs': 'export function register() {\n  return (;\n}\n' },
      /main\.mjs:2:11: Expression expected/,
    ],
    [
      'a syntax error in a file beside',
      { 'lib/a.mjs': '\n\nlet a = ;\n' },
      /lib\/a\.mjs:3:9: Expression expected/,
    ],
    [
      'an export that is missing',
      { 'main.mjs': 'export function regster() {}\n' },
      /spoke\.yaml:\d+:\d+: expected an exported function 'register' in main\.mjs, found the exports 'regster'; export it, or/,
    ],
    [
      'a function that is there and not exported',
      { 'main.mjs': '\nasync function register() {}\n' },
      /main\.mjs:2: 'register' is not exported; write 'export' before it/,
    ],
    [
      'a function that Python does not have',
      {
        'spoke.yaml': 'name: x\nruntime: python\nentrypoint: main:register\n',
        'main.py': 'def regster(axium):\n    pass\n',
      },
      /spoke\.yaml:3:13: expected a function 'register' in main\.py, and nothing there has that name; define it/,
    ],
    ['a syntax error in TypeScript', { 'b.ts': 'let a: = 1;\n' }, /b\.ts:1:8: Unexpected token/],
    ['a syntax error in Python', { 'c.py': 'def a():\n  return (\n' }, /c\.py:2:10: '\(' was never closed/],
  ])('%s', async (what, changed, says) => {
    if (what.includes('Python') && python !== null) return expect(python).not.toBeNull();
    const world = await makeWorld();
    const directory = writeSpoke(world.home, 'x', changed);
    const { code, stdout, stderr } = await axium(world, 'spoke', 'validate', directory);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^axium: /);
    expect(stderr).toMatch(says);
  });

  test.each<[string, Readonly<Record<string, string>>]>([
    ['the exports of another module', { 'main.mjs': "export * from './a.mjs';\n", 'a.mjs': '' }],
    ['a default export', { 'main.mjs': 'export default { register() {} };\n' }],
    ['CommonJS', { 'main.js': "exports['reg' + 'ister'] = () => {};\n" }],
    ['another name for it', { 'main.mjs': 'const a = () => {};\nexport { a as register };\n' }],
    ['destructuring', { 'main.mjs': 'export const { register } = { register() {} };\n' }],
  ])('and where only running would tell says nothing: %s', async (_what, changed) => {
    const world = await makeWorld();
    const directory = writeSpoke(world.home, 'x', changed);
    expect(await axium(world, 'spoke', 'validate', directory)).toMatchObject({ code: 0, stderr: '' });
  });

  test('and of what it is not sure says nothing', async () => {
    const world = await makeWorld();
    const directory = writeSpoke(world.home, 'x', {
      // No module, and no TypeScript.
      'old.cjs': 'var interface = 010; with ({}) {}\n',
      'spoke.yaml': 'name: x\nentrypoint: main:register\npermissions: {fs_read: [~/**], exec: true}\n',
    });
    expect(await axium(world, 'spoke', 'validate', directory)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(
        /^x 0\.0\.0\nIt asks for:\n {2}exec: any command, with all that you can do yourself\n {2}fs_read: ~\/\*\*\nwarning: spoke\.yaml:3:25: /,
      ),
    });
  });
});

test('spoke pack writes by no link that lies where the archive is to be', async () => {
  const world = await makeWorld();
  const directory = writeSpoke(world.home, 'x');
  await writeFile(`${world.home}/mine`, 'mine');
  symlinkSync('../mine', `${directory}/x-1.0.0.tgz`);
  expect(axiumIn(directory, world, 'spoke', 'pack')).toMatchObject({ code: 0, stderr: '' });
  expect(await readFile(`${world.home}/mine`, 'utf8')).toBe('mine');
  expect((await readFile(`${directory}/x-1.0.0.tgz`)).subarray(0, 2)).toEqual(Buffer.from([0x1f, 0x8b]));
  expect((await readdir(directory)).filter((name) => name.includes('tgz'))).toEqual(['x-1.0.0.tgz']);
});

test('spoke pack makes the same archive from the same files, and says its hash', async () => {
  const world = await makeWorld();
  const directory = writeSpoke(world.home, 'x', { 'main.mjs': 'export function register() {}\n' });
  const [first, second] = [
    axiumIn(world.home, world, 'spoke', 'pack', 'x'),
    axiumIn(directory, world, 'spoke', 'pack', '--json'),
  ];
  expect(first.code).toBe(0);
  const { sha256, archive } = JSON.parse(second.stdout);
  expect(first.stdout).toBe(`x 1.0.0\nIt asks for no rights.\n${world.home}/x-1.0.0.tgz\nsha256 ${sha256}\n`);
  expect(spawnSync('sha256sum', [archive], { encoding: 'utf8' }).stdout).toContain(sha256);
  expect((await readFile(archive)).equals(await readFile(`${world.home}/x-1.0.0.tgz`))).toBe(true);
});

describe('spoke add', () => {
  test('shows what a spoke asks for, and without a terminal adds it only if it is told to', async () => {
    const world = await makeWorld();
    const rights = 'permissions:\n  exec: [git log ...]\n  fs_read: [~/notes/*]\n';
    writeSpoke(world.home, 'x', {
      'spoke.yaml': `name: x\nversion: 1.0.0\nentrypoint: main:register\n${rights}`,
    });
    const shown = 'x 1.0.0\nIt asks for:\n  exec: git log ...\n  fs_read: ~/notes/*\n';
    expect(await axium(world, 'spoke', 'add', `${world.home}/x`)).toEqual({
      code: 64,
      stdout: shown,
      stderr: 'axium: there is no terminal to ask on; once you have read the above, add --yes\n',
    });
    expect(await spokesOf(world)).toEqual([]);
    expect(await axium(world, 'spoke', 'add', `${world.home}/x`, '--yes')).toEqual({
      code: 0,
      stdout: `${shown}x added; this counts once the daemon is started\n`,
      stderr: '',
    });
    expect(await spokesOf(world)).toEqual(['x']);
    expect(await axium(world, 'spoke', 'remove', 'x')).toMatchObject({ code: 64 });
    expect(await spokesOf(world)).toEqual(['x']);
    expect(await axium(world, 'spoke', 'remove', 'x', '--yes')).toMatchObject({ code: 0 });
    expect(await spokesOf(world)).toEqual([]);
    expect(await axium(world, 'spoke', 'remove', '../x', '--yes')).toMatchObject({ code: 1 });
  });

  test('shows what counts for its name already: rights, grants and what was stored', async () => {
    const world = await makeWorld();
    const directory = writeSpoke(world.home, 'x');
    writeTree(world.axium, {
      'config/permissions.yaml': 'y: {notify: true}\nx:\n  exec: true\n  fs_read: ["~/.ssh/*"]\n',
      'state/grants.json': JSON.stringify({
        grants: [
          { principal: 'spoke:x', words: ['/usr/bin/git', 'push'] },
          { principal: 'spoke:y', words: ['/usr/bin/id'] },
        ],
      }),
      'state/storage/x/key': 'value',
    });
    expect(await axium(world, 'spoke', 'add', directory)).toMatchObject({
      code: 64,
      stdout: `x 1.0.0
It asks for no rights.
warning: permissions.yaml has a section for this name, which counts for it:
  exec: true
  fs_read:
    - ~/.ssh/*
warning: a grant from before counts for it: /usr/bin/git push ...
warning: it finds what a spoke of this name has stored, in ~/axium/state/storage/x
`,
    });
  });

  test('of a name that is there shows the difference, and puts the new one whole in the place of the old one', async () => {
    const world = await makeWorld();
    const target = `${world.axium}/config/spokes/x`;
    const offer = (version: string, permissions: string, files: Readonly<Record<string, string>> = {}) =>
      writeSpoke(world.home, 'x', {
        'spoke.yaml': `name: x\nversion: ${version}\nentrypoint: main:register\npermissions: ${permissions}\n`,
        ...files,
      });
    const directory = offer('1.0.0', '{notify: true, fs_read: [~/a]}', { 'old.mjs': '' });
    expect((await axium(world, 'spoke', 'add', directory, '--yes')).code).toBe(0);
    rmSync(`${directory}/old.mjs`);
    offer('2.0.0', '{notify: true, fs_read: [~/b]}', { 'new.mjs': '' });
    const shown =
      'x 2.0.0\nIt asks for:\n  notify: notifications\n  fs_read: ~/b\nBeside x 1.0.0, which it replaces:\n  + fs_read: ~/b\n  - fs_read: ~/a\n';
    expect(await axium(world, 'spoke', 'add', directory)).toMatchObject({ code: 64, stdout: shown });
    expect((await readdir(target)).sort()).toEqual(['main.mjs', 'old.mjs', 'spoke.yaml']);
    expect(await axium(world, 'spoke', 'add', directory, '--yes')).toEqual({
      code: 0,
      stdout: `${shown}x updated; this counts once the daemon is started\n`,
      stderr: '',
    });
    expect((await readdir(target)).sort()).toEqual(['main.mjs', 'new.mjs', 'spoke.yaml']);
    expect(await axium(world, 'spoke', 'add', directory, '--yes')).toMatchObject({
      stdout: expect.stringContaining('It asks for the same as x 2.0.0, which it replaces.\n'),
    });
    expect(await spokesOf(world)).toEqual(['x']);
    await axium(world, 'spoke', 'remove', 'x', '--yes');
    symlinkSync(directory, target);
    expect(await axium(world, 'spoke', 'add', directory, '--yes')).toMatchObject({
      code: 1,
      stderr:
        "axium: ~/axium/config/spokes/x is no directory, but a link or a file; run 'axium spoke remove x' first\n",
    });
  });

  test('of an archive compiles TypeScript, keeps programs executable, and nobody else can write what comes of it', async () => {
    const world = await makeWorld();
    writeSpoke(world.home, 'x', {
      'main.mjs': '#!/usr/bin/env node\nexport function register() {}\n',
      'lib/a.ts': 'export const a: number = 1;\n',
    });
    spawnSync('chmod', ['-R', '0777', `${world.home}/x`]);
    expect(axiumIn(world.home, world, 'spoke', 'pack', 'x').code).toBe(0);
    expect(await axium(world, 'spoke', 'add', `${world.home}/x-1.0.0.tgz`, '--yes')).toMatchObject({
      code: 0,
    });
    const listed = spawnSync('find', ['.', '-printf', '%P %m\n'], {
      cwd: `${world.axium}/config/spokes/x`,
      encoding: 'utf8',
    });
    expect(listed.stdout.trim().split('\n').sort()).toEqual(
      ['700', 'lib 700', 'lib/a.mjs 700', 'main.mjs 700', 'spoke.yaml 700'].sort(),
    );
  });

  test('refuses what is hostile, and leaves nothing of it', async () => {
    const world = await makeWorld();
    const directory = writeSpoke(world.home, 'x', {});
    symlinkSync('/etc/passwd', `${directory}/passwd`);
    expect(await axium(world, 'spoke', 'add', directory, '--yes')).toMatchObject({
      code: 1,
      stderr: 'axium: passwd: expected a file, found a link; take it out\n',
    });
    spawnSync('tar', ['-czf', 'x.tgz', 'x'], { cwd: world.home });
    expect(await axium(world, 'spoke', 'add', `${world.home}/x.tgz`, '--yes')).toMatchObject({
      code: 1,
      stderr: 'axium: x.tgz: x/passwd: expected files and directories, found a link\n',
    });
    await writeFile(`${world.home}/y.tgz`, 'nothing');
    expect(await axium(world, 'spoke', 'add', `${world.home}/y.tgz`, '--yes')).toMatchObject({ code: 1 });
    expect(await axium(world, 'spoke', 'add', '/dev/zero', '--yes')).toMatchObject({ code: 1 });
    expect(await axium(world, 'spoke', 'add', `${world.home}/nosuch`, '--yes')).toMatchObject({ code: 1 });
    expect(await spokesOf(world)).toEqual([]);
  });

  test.each([
    ['y', 0, ['x']],
    ['', 1, []],
    ['n', 1, []],
  ])('on a terminal asks, and takes %j for what it is', async (answer, code, there) => {
    const world = await makeWorld();
    const directory = writeSpoke(world.home, 'x', {});
    const words = [process.execPath, `${PACKAGE}/dist/cli/axium.cjs`, 'spoke', 'add', directory];
    const terminal = spawn('script', ['-qefc', words.join(' '), '/dev/null'], { env: { ...world.env } });
    let text = '';
    terminal.stdout.setEncoding('utf8').on('data', (more: string) => {
      if (!text.includes('[y/N]') && (text + more).includes('[y/N]')) terminal.stdin.write(`${answer}\n`);
      text += more;
    });
    expect((await once(terminal, 'exit'))[0]).toBe(code);
    expect(text).toMatch(/It asks for no rights\.\r?\n.*Add it\? \[y\/N\]/s);
    expect(await spokesOf(world)).toEqual(there);
  });
});
