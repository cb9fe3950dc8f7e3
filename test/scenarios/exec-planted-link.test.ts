import { readFile, readlink, symlink } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { scopedWorld } from '../jobs/support/scoped-world.ts';

test('a link that a scoped command plants opens nothing for the next one', async (context) => {
  const world = await scopedWorld(context);
  await world.put('home/.ssh/id_rsa', 'KEY');
  await world.put('home/w/file');
  world.allow('fs_read: ["@/w/x/**"]\nfs_write: ["@/w/**", "@/w/x/**"]');
  expect(await world.sh('cd ~/w && ln -s .. x && echo made')).toMatchObject({ stdout: 'made\n' });
  expect(await readlink(`${world.home}/w/x`)).toBe('..');
  world.powers.clock.advance(1000);
  expect(await world.sh('cat ~/w/x/.ssh/id_rsa ~/.ssh/id_rsa; ls ~/w/file')).toMatchObject({
    stdout: `${world.home}/w/file\n`,
  });
});

test('a scoped command cannot exchange a link by which a start-up file is found', async (context) => {
  const world = await scopedWorld(context);
  await world.put('home/versions/3/bashrc', 'mine');
  await world.put('home/dot/notes/file');
  await symlink('../versions/3', `${world.home}/dot/current`);
  await symlink('dot/current/bashrc', `${world.home}/.bashrc`);
  world.allow('fs_write: ["@/dot/**"]');
  const exchange = 'cd ~/dot && rm -f current && mkdir -p current && echo theirs > current/bashrc';
  await world.sh(`(${exchange}); echo written > ~/dot/notes/file`);
  expect(await readFile(`${world.home}/.bashrc`, 'utf8')).toBe('mine');
  expect(await readFile(`${world.home}/dot/notes/file`, 'utf8')).toBe('written\n');
});

test.for([
  ['the settings of a repository', 'app/.git/config'],
  ['the place that a repository shares', 'app/.git/commondir'],
  ['the file that tells where a repository is', 'app/.git'],
])('a scoped command cannot write %s by a wildcard', async ([, name], context) => {
  const world = await scopedWorld(context);
  await world.put(`home/${name}`, 'mine');
  await world.put('home/app/file');
  world.allow('fs_write: ["@/app/**"]');
  await world.sh(`echo theirs > ~/${name}; echo written > ~/app/file`);
  expect(await readFile(`${world.home}/${name}`, 'utf8')).toBe('mine');
  expect(await readFile(`${world.home}/app/file`, 'utf8')).toBe('written\n');
});
