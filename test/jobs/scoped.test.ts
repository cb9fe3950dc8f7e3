import { existsSync } from 'node:fs';
import { chmod, link, mkdir, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { daemonExecPortal } from '../../core/portals/daemon-exec.ts';
import { SCOPE_CAPS } from '../../core/portals/scope-entries.ts';
import { openBelow } from '../portals/support/open-handles.ts';
import { prepare } from '../portals/support/run-portal.ts';
import { holdersOf, script, until } from './support/processes.ts';
import { type ScopedWorld, scopedWorld, scopeOf } from './support/scoped-world.ts';

/** Every file of the host that a command finds outside the system, by its path. */
async function filesFound({ sh, root }: ScopedWorld): Promise<readonly string[]> {
  const { stdout } = await sh(`find ${root} -type f -o -type l | sort`);
  return String(stdout)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.replace(`${root}/`, ''));
}

const CREATED = (directory: string) => `touch ${directory}/new 2>&1 && echo made`;

describe('a scoped command finds', () => {
  test('an empty home, an empty /tmp and an empty /run, and no other process', async (context) => {
    const world = await scopedWorld(context);
    await world.put('home/.ssh/id_ed25519', 'secret');
    const { stdout } = await world.sh(
      `pwd; echo $HOME; find ~ /run -mindepth 1; find /tmp -type f; ls -d /proc/[0-9]* | wc -l`,
    );
    const [directory, home, ...rest] = String(stdout).trim().split('\n');
    expect([directory, home]).toEqual([world.home, world.home]);
    expect(rest).toHaveLength(1);
    expect(Number(rest[0])).toBeLessThan(10);
  });

  test('a home and a /tmp to write in, which are gone with it', async (context) => {
    const world = await scopedWorld(context);
    const { stdout } = await world.sh(
      `echo x > ~/a && echo x > /tmp/axium-scratch && cat ~/a /tmp/axium-scratch`,
    );
    expect(stdout).toBe('x\nx\n');
    expect(await readdir(world.home)).toEqual([]);
    expect(existsSync('/tmp/axium-scratch')).toBe(false);
  });

  test('the system, and cannot change it', async (context) => {
    const world = await scopedWorld(context);
    const places = ['/usr', '/usr/bin', '/etc', '/', '/run', '/proc/sys/kernel'];
    const { stdout, stderr } = await world.sh(
      `cat /etc/passwd >/dev/null && echo read; ${places.map((place) => `echo x > ${place}/axium-new`).join('; ')}`,
    );
    expect(stdout).toBe('read\n');
    expect(String(stderr).trim().split('\n')).toHaveLength(places.length);
  });

  test('the settings of the kernel, and cannot change them, also as root', async (context) => {
    const world = await scopedWorld(context);
    const setting = await readFile('/proc/sys/kernel/core_pattern', 'utf8');
    // The same value again, so that a test that fails does no harm.
    const { stdout } = await world.sh(
      `cat /proc/sys/kernel/core_pattern; (cat /proc/sys/kernel/core_pattern > /proc/sys/kernel/core_pattern) 2>/dev/null && echo changed; echo x > /dev/null && echo written`,
    );
    expect(stdout).toBe(`${setting}written\n`);
  });

  test('no other file of /etc', async (context) => {
    const world = await scopedWorld(context);
    const { stdout } = await world.sh(
      'ls /etc/shadow /etc/sudoers /etc/machine-id /etc/ssh; ls -d /etc/passwd',
    );
    expect(stdout).toBe('/etc/passwd\n');
  });

  test('exactly the files that a pattern covers, read-only, and none beside them', async (context) => {
    const world = await scopedWorld(context);
    await world.put('home/notes/a.txt', 'A');
    await world.put('home/notes/b.md', 'B');
    await world.put('home/notes/deep/c.txt', 'C');
    world.allow('fs_read: ["@/notes/*.txt"]');
    expect(await filesFound(world)).toEqual(['home/notes/a.txt']);
    const { stdout } = await world.sh(
      'cat ~/notes/a.txt; echo x > ~/notes/a.txt; touch ~/notes/new; rm ~/notes/a.txt',
    );
    expect(stdout).toBe('A');
    expect((await readdir(`${world.home}/notes`)).sort()).toEqual(['a.txt', 'b.md', 'deep']);
    expect(await readFile(`${world.home}/notes/a.txt`, 'utf8')).toBe('A');
  });

  test('a directory with all that is in it for `**`, and can write there for fs_write alone', async (context) => {
    const world = await scopedWorld(context);
    await world.put('home/read/x/y', 'Y');
    await world.put('home/write/x', 'X');
    world.allow('fs_read: ["@/read/**"]\nfs_write: ["@/write/**"]');
    expect(await filesFound(world)).toEqual(['home/read/x/y', 'home/write/x']);
    const { stdout } = await world.sh(`${CREATED('~/read')}; ${CREATED('~/write')}; rm ~/write/x`);
    expect(stdout).toMatch(/^touch: .*\nmade\n$/);
    expect(await readdir(`${world.home}/write`)).toEqual(['new']);
    expect(await readdir(`${world.home}/read`)).toEqual(['x']);
  });

  test('for `dir/*` of fs_write the files that are there, which it can change and not add to', async (context) => {
    const world = await scopedWorld(context);
    await world.put('home/cache/a', 'A');
    world.allow('fs_write: ["@/cache/*"]');
    await world.sh('echo changed > ~/cache/a; echo x > ~/cache/b');
    expect(await readFile(`${world.home}/cache/a`, 'utf8')).toBe('changed\n');
    expect(await readdir(`${world.home}/cache`)).toEqual(['a']);
  });

  test('a program outside the system that it was allowed to run, and nothing beside it', async (context) => {
    const world = await scopedWorld(context);
    await world.put('tools/other', 'x');
    const tool = await world.put('tools/collect', '#!/bin/sh\nls -A "$(dirname "$0")"; echo "$1"\n');
    await chmod(tool, 0o755);
    for (const permissions of [`exec: ["${tool} *"]`, `fs_read: ["${tool}"]`]) {
      world.allow(permissions);
      expect(await world.wait([tool, 'a b'])).toMatchObject({ code: 0, stdout: 'collect\na b\n' });
    }
  });

  test('a file under the name by which a pattern calls it, where its user made that a link', async (context) => {
    const world = await scopedWorld(context);
    await world.put('home/dotfiles/aws/config', 'region');
    await symlink('dotfiles/aws', `${world.home}/.aws`);
    world.allow('fs_read: ["@/.aws/*"]');
    expect((await world.sh('cat ~/.aws/config; ls -A ~ ~/dotfiles')).stdout).toBe(
      `region${world.home}:\n.aws\ndotfiles\n\n${world.home}/dotfiles:\naws\n`,
    );
  });
});

describe('a scoped command does not find', () => {
  test.for(['fs_read', 'fs_write'])(
    "Axium's own files, though a pattern of %s covers them",
    async (list, context) => {
      const world = await scopedWorld(context);
      await world.put('axium/config/permissions.yaml', 'creds: {}');
      await world.put('axium/state/audit.jsonl', '{}');
      await world.put('axium/other', 'x');
      world.allow(`${list}: ["${world.root}/**", "${world.axium}/config/*"]`);
      const found = await filesFound(world);
      expect(found).toEqual(['axium/other']);
      expect((await world.sh(`ls -A ${world.axium}`)).stdout).toBe('other\n');
    },
  );

  test('a file that is denied inside a directory that is given, whatever the deny looks like', async (context) => {
    const world = await scopedWorld(context);
    for (const name of ['a', 'secret', 'b/c', 'b/secret.key', 'own/x', 'own/deep/y', 'd/e']) {
      await world.put(`home/proj/${name}`, name);
    }
    world.allow(
      'fs_read: ["@/proj/**"]',
      'creds:\n  deny:\n    fs_read: ["@/proj/secret", "@/proj/*/*.key", "@/proj/own/**"]',
    );
    expect(await filesFound(world)).toEqual(['home/proj/a', 'home/proj/b/c', 'home/proj/d/e']);
  });

  test('a file about which a person would be asked', async (context) => {
    const world = await scopedWorld(context);
    await world.put('home/proj/a');
    await world.put('home/proj/b');
    world.allow('fs_read: ["@/proj/**"]', 'creds:\n  ask:\n    fs_read: ["@/proj/b"]');
    expect(await filesFound(world)).toEqual(['home/proj/a']);
  });

  test('a file that it may write and is denied to read', async (context) => {
    const world = await scopedWorld(context);
    await world.put('home/proj/a');
    await world.put('home/proj/b');
    world.allow('fs_write: ["@/proj/**", "@/proj/b"]', 'creds:\n  deny:\n    fs_read: ["@/proj/b"]');
    expect(await filesFound(world)).toEqual(['home/proj/a']);
  });

  test('what a link under a wildcard leads to, where that is not allowed itself', async (context) => {
    const world = await scopedWorld(context);
    await world.put('home/.ssh/id_ed25519', 'secret');
    await world.put('home/notes/real.txt', 'R');
    await world.put('elsewhere/x.txt', 'x');
    await symlink('../.ssh/id_ed25519', `${world.home}/notes/key.txt`);
    await symlink(`${world.root}/elsewhere`, `${world.home}/notes/dir.txt`);
    await symlink('real.txt', `${world.home}/notes/alias.txt`);
    world.allow('fs_read: ["@/notes/*.txt"]');
    expect(await filesFound(world)).toEqual(['home/notes/alias.txt', 'home/notes/real.txt']);
    expect((await world.sh('cat ~/notes/*.txt')).stdout).toBe('RR');
  });

  test('through a link in a directory that it was given what lies outside', async (context) => {
    const world = await scopedWorld(context);
    await world.put('home/.ssh/id_ed25519', 'secret');
    await mkdir(`${world.home}/proj`);
    await symlink('../.ssh/id_ed25519', `${world.home}/proj/key`);
    world.allow('fs_read: ["@/proj/**"]');
    expect(await world.sh('cat ~/proj/key')).toMatchObject({ code: 1, stdout: '' });
  });

  test('the kernel, though a pattern covers it', async (context) => {
    const world = await scopedWorld(context);
    world.allow('fs_read: ["/proc/**", "/sys/**", "/dev/**"]');
    const { stdout } = await world.sh(
      `ls -d /sys/* /proc/${process.pid}/environ; ls /dev/vda /dev/kmsg; echo end`,
    );
    expect(stdout).toBe('end\n');
  });

  test('variables of the daemon, also not through the process that started it', async (context) => {
    const world = await scopedWorld(context);
    const { stdout } = await world.sh(`tr '\\0' '\\n' < /proc/1/environ | sort`);
    expect(stdout).toBe(`HOME=${world.home}\nPATH=/usr/bin:/bin\n`);
  });

  test('a descriptor of what was held open for it', async (context) => {
    const world = await scopedWorld(context);
    await world.put('home/proj/a');
    await world.put('home/one');
    world.allow('fs_read: ["@/proj/**", "@/one"]');
    const { stdout } = await world.sh(`ls -l /proc/$$/fd /proc/1/fd | sed -n 's/.* -> //p'`);
    expect(String(stdout)).not.toContain(world.root);
  });
});

describe('a scoped command cannot', () => {
  test('change or add what a deny of fs_write covers, there already or not', async (context) => {
    const world = await scopedWorld(context);
    for (const name of ['a', 'locked', 'sub/x', 'keys/k.key', 'free/x'])
      await world.put(`home/proj/${name}`, name);
    world.allow(
      'fs_write: ["@/proj/**"]\nfs_read: ["@/proj/**"]',
      'creds:\n  deny:\n    fs_write: ["@/proj/locked", "@/proj/not-there", "@/proj/keys/*.key"]',
    );
    const { stdout } = await world.sh(
      `cd ~/proj; for file in a locked not-there keys/k.key keys/new.key free/x free/new; do (echo changed > $file) 2>/dev/null; done; mv keys moved 2>/dev/null; cat locked free/new`,
    );
    expect(stdout).toBe('lockedchanged\n');
    expect((await readdir(`${world.home}/proj`)).sort()).toEqual(['a', 'free', 'keys', 'locked', 'sub']);
    const text = (path: string) => readFile(`${world.home}/proj/${path}`, 'utf8');
    expect(await Promise.all(['a', 'locked', 'keys/k.key', 'free/x', 'free/new'].map(text))).toEqual([
      'changed\n',
      'locked',
      'keys/k.key',
      'changed\n',
      'changed\n',
    ]);
    expect(await readdir(`${world.home}/proj/keys`)).toEqual(['k.key']);
  });

  test('write where code comes to run by itself, though a wildcard covers it', async (context) => {
    const world = await scopedWorld(context);
    for (const name of ['.profile', '.config/a/b', 'proj/.git/config', 'proj/.git/HEAD', 'proj/src/x']) {
      await world.put(`home/${name}`, name);
    }
    world.allow('fs_write: ["@/**"]');
    const { stdout } = await world.sh(
      `cd ~; for file in .profile .bashrc proj/.git/config proj/.git/hooks/post-commit .config/autostart/x .config/a/b proj/.git/HEAD proj/src/new; do (mkdir -p $(dirname $file) && echo changed > $file) 2>/dev/null; done`,
    );
    expect(stdout).toBe('');
    expect((await readdir(world.home)).sort()).toEqual(['.config', '.profile', 'proj']);
    expect(await readdir(`${world.home}/.config`)).toEqual(['a']);
    expect((await readdir(`${world.home}/proj/.git`)).sort()).toEqual(['HEAD', 'config']);
    const text = (path: string) => readFile(`${world.home}/${path}`, 'utf8');
    expect(await Promise.all(['.profile', 'proj/.git/config'].map(text))).toEqual([
      '.profile',
      'proj/.git/config',
    ]);
    expect(await Promise.all(['.config/a/b', 'proj/src/new'].map(text))).toEqual(['changed\n', 'changed\n']);
  });

  test('write into a file that has another name elsewhere, or that gains rights', async (context) => {
    const world = await scopedWorld(context);
    await world.put('home/outside', 'mine');
    await mkdir(`${world.home}/cache`);
    await link(`${world.home}/outside`, `${world.home}/cache/inside`);
    await world.put('home/cache/tool', 'tool');
    await chmod(`${world.home}/cache/tool`, 0o4755);
    world.allow('fs_write: ["@/cache/*"]');
    await world.sh('for file in ~/cache/inside ~/cache/tool; do echo changed > $file; done');
    expect(await readFile(`${world.home}/outside`, 'utf8')).toBe('mine');
    expect(await readFile(`${world.home}/cache/tool`, 'utf8')).toBe('tool');
  });

  test('reach another host without net, and finds the interfaces of this one with it', async (context) => {
    const world = await scopedWorld(context);
    const interfaces = async () => String((await world.sh('cat /proc/net/dev')).stdout).split('\n').length;
    const alone = await interfaces();
    world.allow('net: true');
    const here = (await readFile('/proc/net/dev', 'utf8')).split('\n').length;
    expect(await interfaces()).toBe(here);
    expect(alone).toBe(4);
    expect((await world.sh('ls /etc/hosts')).code).toBe(0);
  });
});

describe('what was decided on is what is bound', () => {
  test('when a file is exchanged for a link before the command starts', async (context) => {
    const world = await scopedWorld(context);
    const secret = await world.put('home/.ssh/id_ed25519', 'secret');
    const note = await world.put('home/notes/a.txt', 'A');
    world.allow('fs_read: ["@/notes/*.txt"]');
    const command = script('cat ~/notes/a.txt');
    const prepared = await prepare(daemonExecPortal(world.exec), 'daemon_exec', { command, mode: 'wait' });
    await rm(note);
    await symlink(secret, note);
    const { stdout } = await prepared.perform().catch(() => ({ stdout: 'refused' }));
    await prepared.release();
    expect(stdout).not.toContain('secret');
  });

  test('when a directory is exchanged for another before the command starts', async (context) => {
    const world = await scopedWorld(context);
    await world.put('home/.ssh/id_ed25519', 'secret');
    await world.put('home/proj/src/a', 'A');
    world.allow('fs_read: ["@/proj/**"]');
    const command = script('find ~ -type f');
    const prepared = await prepare(daemonExecPortal(world.exec), 'daemon_exec', { command, mode: 'wait' });
    await rename(`${world.home}/proj`, `${world.home}/before`);
    await symlink(`${world.home}/.ssh`, `${world.home}/proj`);
    const { stdout } = await prepared.perform().catch(() => ({ stdout: 'refused' }));
    await prepared.release();
    expect(stdout).not.toContain('id_ed25519');
  });

  test('and where the permissions change in between, it is not run', async (context) => {
    const world = await scopedWorld(context);
    const prepared = await prepare(daemonExecPortal(world.exec), 'daemon_exec', {
      command: 'true',
      mode: 'wait',
    });
    world.allow('net: true');
    await expect(prepared.perform()).rejects.toMatchObject({ code: 'busy' });
    await prepared.release();
    expect(world.jobs.list()).toEqual([]);
  });

  test('and nothing is held open once the command has started, nor where it was only looked up', async (context) => {
    const world = await scopedWorld(context);
    await world.put('home/notes/a.txt');
    await world.put('home/proj/a');
    world.allow('fs_read: ["@/notes/*.txt", "@/proj/**"]');
    const before = openBelow(world.root);
    const started = await prepare(daemonExecPortal(world.exec), 'daemon_exec', { command: 'sleep 600' });
    expect(openBelow(world.root)).not.toEqual(before);
    await started.perform();
    expect(openBelow(world.root)).toEqual(before);
    await started.release();
    const prepared = await prepare(daemonExecPortal(world.exec), 'daemon_exec', { command: 'true' });
    expect(openBelow(world.root)).not.toEqual(before);
    await prepared.release();
    expect(openBelow(world.root)).toEqual(before);
  });
});

test('nothing is bound over what another bind brings, where a link could lead it astray', async (context) => {
  const world = await scopedWorld(context);
  for (const name of ['a', 'sub/b', 'out/c']) await world.put(`home/proj/${name}`, name);
  world.allow('fs_read: ["@/proj/**"]\nfs_write: ["@/proj/out/**"]');
  const { binds } = await scopeOf(world);
  const found = binds.map(({ path, list, whole }) => [path.slice(world.home.length), list, whole]);
  expect(found.sort()).toEqual([
    ['/proj/a', 'fs_read', false],
    ['/proj/out', 'fs_write', true],
    ['/proj/sub', 'fs_read', true],
  ]);
});

describe('what cannot be given', () => {
  test('is refused with what to do, where it is more than can be bound', async (context) => {
    const world = await scopedWorld(context);
    const many = Array.from({ length: SCOPE_CAPS.binds + 1 }, (_, index) =>
      world.put(`home/notes/${index}.txt`),
    );
    await Promise.all(many);
    world.allow('fs_read: ["@/notes/*.txt"]');
    const before = openBelow(world.root);
    await expect(world.wait(['true'])).rejects.toMatchObject({
      code: 'too_large',
      message: expect.stringMatching(
        /^exec_profile: scoped: expected at most 256 files .*, found more; name whole/,
      ),
    });
    expect(openBelow(world.root)).toEqual(before);
    world.allow('fs_read: ["@/notes/**"]');
    expect(await world.wait(['true'])).toMatchObject({ code: 0 });
  });

  test('is refused, where the program is withheld from reading', async (context) => {
    const world = await scopedWorld(context);
    const tool = await world.put('tools/collect', '#!/bin/sh\n');
    await chmod(tool, 0o755);
    world.allow(`exec: ["${tool}"]`, `creds:\n  deny:\n    fs_read: ["${tool}"]`);
    await expect(world.wait([tool])).rejects.toMatchObject({ code: 'denied' });
  });

  test("is refused, where the program is one of Axium's own files", async (context) => {
    const world = await scopedWorld(context);
    const tool = await world.put('axium/config/spokes/creds/tool', '#!/bin/sh\n');
    await chmod(tool, 0o755);
    world.allow(`exec: ["${tool}"]`);
    await expect(world.wait([tool])).rejects.toMatchObject({ code: 'denied' });
  });

  test('is not told of: a program elsewhere that no rule names or opens answers as one that is not there', async (context) => {
    const world = await scopedWorld(context);
    const tool = await world.put('home/bin/tool', '#!/bin/sh\n');
    await chmod(tool, 0o755);
    const answer = async (path: string) => {
      const { target, perform, release } = await prepare(daemonExecPortal(world.exec), 'daemon_exec', {
        command: [path, 'x'],
        mode: 'wait',
      });
      const { code, message } = await perform().catch((error) => error);
      await release();
      return JSON.stringify({ target, code, message }).replaceAll(path, '');
    };
    for (const overrides of ['', `creds:\n  deny:\n    fs_read: ["${tool}"]`]) {
      world.allow('', overrides);
      expect(await answer(tool)).toBe(await answer(`${tool}-none`));
    }
    expect(await answer(tool)).toContain('"not_found"');
    expect(world.jobs.list()).toEqual([]);
  });

  test('is never given wider: where the host confines nothing, the command is refused with the fix', async (context) => {
    const world = await scopedWorld(context);
    const { scope: _, ...without } = world.exec;
    const portal = daemonExecPortal(without);
    await expect(prepare(portal, 'daemon_exec', { command: 'true' })).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining("'axium doctor'"),
    });
    expect(world.jobs.list()).toEqual([]);
  });

  test('a command that its launcher does not reach has failed, and is not one that ended', async (context) => {
    const world = await scopedWorld(context);
    const broken = await world.put('tools/broken', '#!/nowhere/interpreter\n');
    await chmod(broken, 0o755);
    world.allow(`exec: ["${broken}"]`);
    await expect(world.wait([broken])).rejects.toMatchObject({ code: 'failed' });
    expect(world.jobs.list()).toMatchObject([{ state: 'failed', code: null }]);
  });
});

describe('a scoped command that runs', () => {
  test('is ended when its spoke loses a path that it was given, and not for another', async (context) => {
    const world = await scopedWorld(context);
    await world.put('home/a', 'A');
    await world.put('home/b', 'B');
    world.allow('fs_read: ["@/a", "@/b"]');
    await world.start(['sleep', '600']);
    world.allow('fs_read: ["@/a", "@/b", "@/c"]\nnet: true');
    expect(await world.jobs.revokeScopes(world.scopes.mayKeep)).toEqual([]);
    world.allow('fs_read: ["@/a"]');
    expect(await world.jobs.revokeScopes(world.scopes.mayKeep)).toMatchObject([{ id: 'j1' }]);
    await until(() => world.jobs.list()[0]?.state === 'killed');
  });

  test('is ended when its spoke loses the network', async (context) => {
    const world = await scopedWorld(context);
    world.allow('net: true');
    await world.start(['sleep', '600']);
    world.allow('net: false');
    expect(await world.jobs.revokeScopes(world.scopes.mayKeep)).toMatchObject([{ id: 'j1' }]);
  });

  test('is ended when its spoke may not run it any more', async (context) => {
    const world = await scopedWorld(context);
    await world.start(['sleep', '600']);
    expect(world.jobs.revoke(() => false)).toMatchObject([{ id: 'j1' }]);
    await until(() => world.jobs.list()[0]?.state === 'killed');
  });
});

test('a command of the host profile is ended when its spoke is scoped from then on', async (context) => {
  const world = await scopedWorld(context);
  world.allow('', 'creds:\n  exec_profile: host');
  await world.start(['sleep', '600']);
  expect(await world.jobs.revokeScopes(world.scopes.mayKeep)).toEqual([]);
  world.allow('');
  expect(await world.jobs.revokeScopes(world.scopes.mayKeep)).toMatchObject([{ id: 'j1' }]);
});

test.for(['host', 'scoped'])(
  'a command that is ended as soon as it is started leaves nothing behind, in the %s profile',
  async (profile, context) => {
    const world = await scopedWorld(context);
    world.allow('', `creds:\n  exec_profile: ${profile}`);
    for (let times = 0; times < 30; times += 1) {
      const mark = `${world.root}/mark-${times}`;
      await world.start(['tail', '-f', '/dev/null', mark]);
      const id = `j${times + 1}`;
      // At another moment of its start each time.
      for (let turn = 0; turn < times * 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      await world.jobs.kill(id);
      await until(() => holdersOf(mark).length === 0);
    }
  },
);
