import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import * as fs from 'node:fs';
import { describe, expect, it, onTestFinished, type TestContext } from 'vitest';
import { ownCgroup } from '../../core/own-cgroup.ts';
import type { Powers } from '../../core/powers.ts';
import { groupsIn, openCgroups } from '../../core/sandbox/cgroup.ts';
import { realPowers } from '../scenarios/support/levels.ts';
import { isRunning } from '../scenarios/support/running.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';

const MIB = 1_048_576;
const LIMITS = { extraMemory: 64 * MIB, tasks: 100 };
const DAEMON = 4242;

describe("the directory of a process's own group", () => {
  const MOUNT = '41 31 0:38 / /sys/fs/cgroup rw,relatime - cgroup2 cgroup2 rw';
  const ROWS = [
    {
      what: 'below the mount',
      cgroup: '0::/user.slice/axium',
      mountinfo: MOUNT,
      is: '/sys/fs/cgroup/user.slice/axium',
    },
    { what: 'at its root', cgroup: '0::/', mountinfo: MOUNT, is: '/sys/fs/cgroup' },
    {
      what: 'beside the older hierarchies',
      cgroup: '4:memory:/old\n0::/new',
      mountinfo: `35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n${MOUNT}`,
      is: '/sys/fs/cgroup/new',
    },
    {
      what: 'where only a part of the hierarchy is mounted',
      cgroup: '0::/docker/abc/axium',
      mountinfo: '41 31 0:38 /docker/abc /sys/fs/cgroup rw - cgroup2 cgroup2 rw',
      is: '/sys/fs/cgroup/axium',
    },
    {
      what: 'under a name with a blank',
      cgroup: '0::/axium',
      mountinfo: '41 31 0:38 / /mnt/c\\040group rw - cgroup2 cgroup2 rw',
      is: '/mnt/c group/axium',
    },
    {
      what: 'in a part that is not mounted',
      cgroup: '0::/docker/abcdef',
      mountinfo: '41 31 0:38 /docker/abc /sys/fs/cgroup rw - cgroup2 cgroup2 rw',
      is: null,
    },
    { what: 'outside the namespace', cgroup: '0::/../other', mountinfo: MOUNT, is: null },
    { what: 'in the older hierarchies alone', cgroup: '4:memory:/old', mountinfo: MOUNT, is: null },
    { what: 'where nothing is mounted', cgroup: '0::/axium', mountinfo: '', is: null },
  ];
  it.each(ROWS)('$what', async ({ cgroup, mountinfo, is }) => {
    const files = readingInstead({
      '/proc/7/cgroup': `${cgroup}\n`,
      '/proc/7/mountinfo': `${mountinfo}\n`,
    });
    expect(await ownCgroup(files, 7)).toBe(is);
  });
});

/** Files of which some read differently. */
function readingInstead(texts: Readonly<Record<string, string>>): Powers['files'] {
  const readFile = (path: string, encoding: 'utf8') =>
    path in texts ? Promise.resolve(texts[path]) : fs.promises.readFile(path, encoding);
  return { ...fs.promises, readFile: readFile as typeof fs.promises.readFile };
}

/** What the kernel puts into every group. */
const IN_A_GROUP: Readonly<Record<string, string>> = {
  'cgroup.procs': '',
  'cgroup.kill': '',
  'memory.current': String(8 * MIB),
  'memory.max': 'max',
  'memory.swap.max': 'max',
  'memory.oom.group': '0',
  'memory.events': 'low 0\noom 0\noom_kill 0\n',
  'pids.max': 'max',
};

/** A directory that looks like a group of the daemon's: what only a kernel with these controllers would do, it does. */
function lookAlike({
  controllers = 'cpu memory pids',
  processes = `${DAEMON}\n`,
  lacks = [] as readonly string[],
} = {}) {
  const mount = makeTemporaryDirectory();
  const own = `${mount}/axium.service`;
  const make = (path: string) => {
    fs.mkdirSync(path);
    for (const [name, text] of Object.entries(IN_A_GROUP)) {
      if (!lacks.includes(name)) fs.writeFileSync(`${path}/${name}`, text);
    }
  };
  make(own);
  fs.writeFileSync(`${own}/cgroup.controllers`, `${controllers}\n`);
  fs.writeFileSync(`${own}/cgroup.subtree_control`, '');
  fs.writeFileSync(`${own}/cgroup.procs`, processes);
  const files = {
    ...readingInstead({
      [`/proc/${DAEMON}/cgroup`]: '0::/axium.service\n',
      [`/proc/${DAEMON}/mountinfo`]: `41 31 0:38 / ${mount} rw - cgroup2 cgroup2 rw\n`,
    }),
    mkdir: async (path: string) => make(path),
    // The files of a group are no files that would keep it from being removed.
    rmdir: async (path: string) => {
      fs.accessSync(path);
      fs.rmSync(path, { recursive: true });
    },
  } as unknown as Powers['files'];
  const read = (path: string) => fs.readFileSync(`${own}/${path}`, 'utf8');
  return { own, read, powers: { ...realPowers(), files, pid: DAEMON } };
}

describe('in a group of its own with a memory controller', () => {
  it('the daemon goes aside, and turns on the limits for what is below', async () => {
    const { powers, read } = lookAlike();
    expect(await openCgroups(powers)).not.toBeNull();
    expect(read('axiumd/cgroup.procs')).toBe(String(DAEMON));
    expect(read('cgroup.subtree_control')).toBe('+memory +pids');
  });

  it('a spoke gets a group whose limits count from what is there when it comes', async () => {
    const { powers, read } = lookAlike();
    await (await openCgroups(powers))?.adopt('creds', 77, LIMITS);
    const group = Object.fromEntries(
      Object.keys(IN_A_GROUP).map((name) => [name, read(`spoke-creds-77/${name}`)]),
    );
    expect(group).toMatchObject({
      'cgroup.procs': '77',
      'memory.max': String(8 * MIB + LIMITS.extraMemory),
      'memory.swap.max': '0',
      'memory.oom.group': '1',
      'pids.max': '100',
      'cgroup.kill': '',
    });
  });

  it('a group goes with everything that is left in it', async () => {
    const { powers, own } = lookAlike();
    const group = await (await openCgroups(powers))?.adopt('creds', 77, LIMITS);
    const atRemoval: string[] = [];
    const { rmdir } = powers.files;
    powers.files.rmdir = async (path) => {
      atRemoval.push(fs.readFileSync(`${path}/cgroup.kill`, 'utf8'));
      await rmdir(path);
    };
    await group?.remove();
    await group?.remove();
    expect(atRemoval[0]).toBe('1');
    expect(fs.existsSync(`${own}/spoke-creds-77`)).toBe(false);
  });

  it('the groups that a daemon left which was killed are gone, and nothing else is', async () => {
    const { powers, own } = lookAlike();
    for (const name of ['spoke-creds-12', 'axiumd', 'other']) await powers.files.mkdir(`${own}/${name}`);
    expect(await openCgroups(powers)).not.toBeNull();
    const below = fs.readdirSync(own, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(below.map(({ name }) => name).sort()).toEqual(['axiumd', 'other']);
  });

  it('the kernel tells whether a spoke was ended for its memory', async () => {
    const { powers, own } = lookAlike();
    const group = await (await openCgroups(powers))?.adopt('creds', 77, LIMITS);
    expect(await group?.ranOut()).toBe(false);
    fs.writeFileSync(`${own}/spoke-creds-77/memory.events`, 'low 0\noom 1\noom_kill 1\n');
    expect(await group?.ranOut()).toBe(true);
  });

  it('a kernel without swap, and one without a count of tasks, is good enough', async () => {
    const { powers, read } = lookAlike({
      controllers: 'memory',
      lacks: ['memory.swap.max', 'pids.max', 'cgroup.kill'],
    });
    const group = await (await openCgroups(powers))?.adopt('creds', 77, LIMITS);
    expect(read('cgroup.subtree_control')).toBe('+memory');
    expect(read('spoke-creds-77/memory.max')).toBe(String(8 * MIB + LIMITS.extraMemory));
    await expect(group?.remove()).resolves.toBeUndefined();
  });

  it('a spoke that cannot be limited has no group, and is back with the daemon', async () => {
    const { powers, own, read } = lookAlike({ lacks: ['memory.max'] });
    const groups = await openCgroups(powers);
    await expect(groups?.adopt('creds', 77, LIMITS)).rejects.toThrow('ENOENT');
    expect(fs.existsSync(`${own}/spoke-creds-77`)).toBe(false);
    expect(read('axiumd/cgroup.procs')).toBe('77');
  });
});

describe('there are no groups for spokes', () => {
  it.each([
    { where: 'there is no memory controller', group: { controllers: 'cpu pids' } },
    { where: 'others are in the group as well', group: { processes: `17\n${DAEMON}\n` } },
    { where: 'the limits cannot be turned on', group: { lacks: ['cgroup.procs'] } },
  ])('where $where, and nothing is changed', async ({ group }) => {
    const { powers, own, read } = lookAlike(group);
    expect(await openCgroups(powers)).toBeNull();
    expect(fs.existsSync(`${own}/axiumd`)).toBe(false);
    expect(read('cgroup.subtree_control')).toBe('');
    expect(read('cgroup.procs')).toContain(String(DAEMON));
  });
});

/** A group of the real kernel, for one test. Skips where this machine has none that this user may write. */
async function realGroup(ctx: TestContext): Promise<string> {
  const own = await ownCgroup(fs.promises, process.pid);
  if (own === null) return ctx.skip('there is no unified hierarchy here');
  const parent = `${own}/axium-test-${randomBytes(8).toString('hex')}`;
  try {
    fs.mkdirSync(parent);
    fs.mkdirSync(`${parent}/aside`);
    // Whether a process may be brought here is told by nothing but bringing one.
    fs.writeFileSync(`${parent}/cgroup.procs`, '');
  } catch (error) {
    if (fs.existsSync(parent)) fs.rmdirSync(parent);
    return ctx.skip(`this user has no group of the kernel's to write: ${(error as Error).message}`);
  }
  onTestFinished(() => {
    for (const path of [`${parent}/aside`, parent]) fs.rmdirSync(path);
  });
  return parent;
}

describe('in the real kernel', () => {
  /** A process that starts two more once it is told to. */
  const start = () => {
    const child = spawn('/bin/sh', ['-c', 'read go; sleep 600 & sleep 600 & echo up; wait'], {
      stdio: ['pipe', 'pipe', 'inherit'],
      detached: true,
    });
    const pid = child.pid ?? 0;
    onTestFinished(() => void realPowers().signal(-pid, 'SIGKILL'));
    return { child, pid, exited: once(child, 'exit') };
  };

  it('a group has the spoke and all that it starts, and ends them together', async (ctx) => {
    const parent = await realGroup(ctx);
    const groups = groupsIn(realPowers(), { parent, aside: `${parent}/aside`, controllers: [] });
    const { child, pid, exited } = start();
    const group = await groups.adopt('creds', pid, LIMITS);
    child.stdin.end('go\n');
    await once(child.stdout, 'data');
    const path = `${parent}/spoke-creds-${pid}`;
    const inside = fs.readFileSync(`${path}/cgroup.procs`, 'utf8').trim().split('\n');
    expect(inside).toHaveLength(3);
    expect(inside).toContain(String(pid));
    await group.remove();
    expect(await exited).toEqual([null, 'SIGKILL']);
    expect(inside.filter((one) => isRunning(Number(one)))).toEqual([]);
    expect(fs.existsSync(path)).toBe(false);
  });

  it('a process that has ended cannot be adopted, and leaves no group', async (ctx) => {
    const parent = await realGroup(ctx);
    const groups = groupsIn(realPowers(), { parent, aside: `${parent}/aside`, controllers: [] });
    const { pid, exited } = start();
    realPowers().signal(-pid, 'SIGKILL');
    await exited;
    await expect(groups.adopt('creds', pid, LIMITS)).rejects.toThrow('ESRCH');
    expect(fs.readdirSync(parent).filter((name) => name.startsWith('spoke-'))).toEqual([]);
  });

  it('a daemon whose hierarchy has no memory controller has no groups, and stays where it is', async (ctx) => {
    const own = await ownCgroup(fs.promises, process.pid);
    const offered = own === null ? '' : fs.readFileSync(`${own}/cgroup.controllers`, 'utf8');
    if (/\bmemory\b/.test(offered)) ctx.skip('this machine has a memory controller there');
    expect(await openCgroups(realPowers())).toBeNull();
    expect(await ownCgroup(fs.promises, process.pid)).toBe(own);
  });
});
