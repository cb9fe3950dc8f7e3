import * as fs from 'node:fs/promises';
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import { resolveCommand } from '../../core/portals/resolve-command.ts';
import { WIRE } from '../../schemas/wire.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';

let root: string;

/** Two directories of programs, a link to the first, and a tool that is not on the path. */
beforeEach(async () => {
  root = makeTemporaryDirectory();
  for (const directory of ['first', 'second', 'second/odd', 'elsewhere']) await mkdir(`${root}/${directory}`);
  for (const program of ['first/aws', 'second/aws', 'second/git', 'second/dash', 'elsewhere/aws']) {
    await writeFile(`${root}/${program}`, '#!/bin/sh\n', { mode: 0o755 });
  }
  await writeFile(`${root}/first/git`, 'no program');
  await mkdir(`${root}/first/dash`);
  await symlink(`${root}/first`, `${root}/link`);
  await symlink('dash', `${root}/second/sh`);
  await symlink('nothing', `${root}/second/gone`);
});

const resolve = (command: string | readonly string[]) =>
  resolveCommand({ files: fs, path: [`${root}/first`, `${root}/second`] }, command);

/** The words and the names of a target, the temporary directory left out. */
async function told(command: string | readonly string[]) {
  const { argv, names } = await resolve(command);
  const short = (text: string) => text.replace(root, '');
  return { argv: argv.map(short), names: names.map(short) };
}

describe('a program', () => {
  test('is the first of its name on the path, and goes by both names', async () => {
    expect(await told('aws sso login')).toEqual({
      argv: ['/first/aws', 'sso', 'login'],
      names: ['/first/aws', 'aws'],
    });
  });

  test('is the same whether it comes as words or as a string', async () => {
    expect(await told(['aws', 'sso', "it's"])).toEqual(await told(`aws sso "it's"`));
  });

  test('is not a file that cannot be executed, nor a directory', async () => {
    expect((await told('git log')).argv).toEqual(['/second/git', 'log']);
    expect((await told('dash')).argv).toEqual(['/second/dash']);
  });

  test('given by its absolute path goes by its bare name where the path finds the same', async () => {
    expect(await told([`${root}/first/aws`])).toEqual({ argv: ['/first/aws'], names: ['/first/aws', 'aws'] });
  });

  test('elsewhere does not go by the name of one on the path', async () => {
    expect((await told([`${root}/elsewhere/aws`])).names).toEqual(['/elsewhere/aws']);
  });

  test('that another one hides does not go by the name of that', async () => {
    expect((await told([`${root}/second/aws`])).names).toEqual(['/second/aws']);
  });

  test('is one, whichever of two linked directories it is called by, and goes by that path as well', async () => {
    expect(await told([`${root}/link/aws`, '-v'])).toEqual({
      argv: ['/first/aws', '-v'],
      names: ['/first/aws', 'aws', '/link/aws'],
    });
  });

  test('goes by its path in every directory of the path that is a link to its own', async () => {
    const path = [`${root}/link`, `${root}/first`, `${root}/second`];
    const { argv, names } = await resolveCommand({ files: fs, path }, 'aws -v');
    expect([argv[0], ...names]).toEqual([
      `${root}/first/aws`,
      `${root}/first/aws`,
      'aws',
      `${root}/link/aws`,
    ]);
  });

  test('is one, however its directory is written', async () => {
    const { argv, names } = await told([`${root}//elsewhere/.././first/aws`]);
    expect(argv).toEqual(['/first/aws']);
    expect(names.slice(0, 2)).toEqual(['/first/aws', 'aws']);
  });

  test('is nothing that the kernel would not run by itself, since something else would be a shell for it', async () => {
    await writeFile(`${root}/first/script`, 'echo no shell was asked for\n', { mode: 0o755 });
    await writeFile(`${root}/first/empty`, '', { mode: 0o755 });
    expect((await told('script')).argv).toEqual(['script']);
    expect((await told('empty')).argv).toEqual(['empty']);
  });

  test('that is a link keeps its own name, since such a program looks at it', async () => {
    expect(await told('sh -c')).toEqual({ argv: ['/second/sh', '-c'], names: ['/second/sh', 'sh'] });
  });

  test('is never looked up on the PATH of the daemon', async () => {
    expect((await told('node')).argv).toEqual(['node']);
  });

  test.each(['nosuch', 'gone', '.', '..'])('%j that is not there keeps its name', async (name) => {
    expect(await told([name, 'x'])).toEqual({ argv: [name, 'x'], names: [name] });
  });

  test.each(['elsewhere/nosuch', 'nowhere/aws', 'second/odd', 'first/aws/', 'first/git'])(
    '%j that is not there keeps its absolute path',
    async (path) => {
      expect(await told([`${root}/${path}`])).toEqual({ argv: [`/${path}`], names: [`/${path}`] });
    },
  );

  test('that only lost its right to be executed is not there', async () => {
    await chmod(`${root}/elsewhere/aws`, 0o644);
    expect((await told([`${root}/elsewhere/aws`])).names).toEqual(['/elsewhere/aws']);
  });
});

describe('a command is refused', () => {
  test.each([[''], ['  \t'], ["''"], ['" "'], [[]], [['']], [[' ', 'x']]])(
    'as an empty command: %j',
    async (command) => {
      await expect(resolve(command)).rejects.toMatchObject({ code: 'denied', message: 'empty command' });
    },
  );

  test.each([
    ['./aws'],
    ['../aws'],
    ['first/aws'],
    ['~/aws'],
    [['a/b']],
    ['-rf'],
    ['--help aws'],
    [['-c', 'aws']],
    [['aws', 'a\0b']],
    [['a\0ws']],
    ['aws | sh'],
  ])('as no program: %j', async (command) => {
    await expect(resolve(command)).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringMatching(/^command: [^\n]+$/),
    });
  });

  test('with more words than the wire allows, and not with as many', async () => {
    const words = Array.from({ length: WIRE.maxWords }, () => 'aws');
    expect((await resolve(words)).argv).toHaveLength(WIRE.maxWords);
    expect((await resolve(words.join(' '))).argv).toHaveLength(WIRE.maxWords);
    await expect(resolve([...words, 'aws'])).rejects.toMatchObject({ code: 'too_large' });
    await expect(resolve(`${words.join(' ')} aws`)).rejects.toMatchObject({ code: 'too_large' });
  });

  test('with more characters than the wire allows, and not with as many', async () => {
    const words = ['aws', 'x'.repeat(WIRE.maxCommand - 3)];
    expect((await resolve(words)).argv[1]).toHaveLength(WIRE.maxCommand - 3);
    await expect(resolve([...words, 'y'])).rejects.toMatchObject({ code: 'too_large' });
  });
});
