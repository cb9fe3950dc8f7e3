import { readdir, readFile, readlink } from 'node:fs/promises';
import type { AxiumHome } from '../../integration/support/axium-home.ts';

/** What a daemon has of the machine: what may not grow, however many spokes come and go. */
export interface Held {
  /** Open descriptors, by what they are. */
  readonly descriptors: Readonly<Record<string, number>>;
  /** Processes below it. */
  readonly processes: number;
  readonly mounts: number;
  /** Control groups below its own. */
  readonly groups: readonly string[];
  /** Everything that lies in its directories. */
  readonly files: readonly string[];
}

export async function heldBy(pid: number, home: AxiumHome): Promise<Held> {
  const [links, children, mounts, groups, files] = await Promise.all([
    descriptorsOf(pid),
    descendantsOf(pid),
    readFile(`/proc/${pid}/mountinfo`, 'utf8'),
    groupsOf(pid),
    readdir(`${home.root}/axium`, { recursive: true }),
  ]);
  const descriptors: Record<string, number> = {};
  for (const link of links) descriptors[link] = (descriptors[link] ?? 0) + 1;
  return {
    descriptors,
    processes: children,
    mounts: mounts.split('\n').length,
    groups,
    // The process that is started ahead has a directory of another name every time.
    files: files.map((name) => name.replace(/^run\/warm\/[0-9a-f]+$/, 'run/warm/*')).sort(),
  };
}

/** Without the number of each pipe and socket, which is another every time. */
async function descriptorsOf(pid: number): Promise<readonly string[]> {
  const names = await readdir(`/proc/${pid}/fd`);
  const links = await Promise.all(names.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => null)));
  return links.filter((link) => link !== null).map((link) => link.replace(/:\[\d+\]$/, ''));
}

async function descendantsOf(pid: number): Promise<number> {
  const parents = new Map<number, number>();
  for (const name of (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry))) {
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
    parents.set(Number(name), Number(stat.replace(/^.*\) \S /s, '').split(' ')[0]));
  }
  const isBelow = (one: number): boolean => {
    const parent = parents.get(one);
    return parent === pid || (parent !== undefined && parent > 1 && isBelow(parent));
  };
  return [...parents.keys()].filter(isBelow).length;
}

/** Groups that this daemon made: others may be made in the same place at the same time, and do not hold its spokes. */
async function groupsOf(pid: number): Promise<readonly string[]> {
  const path = /^0::(.*)$/m.exec(await readFile(`/proc/${pid}/cgroup`, 'utf8'))?.[1];
  const names = await readdir(`/sys/fs/cgroup${path ?? ''}`).catch(() => []);
  return names.filter((name) => name.includes(`${pid}`)).sort();
}
