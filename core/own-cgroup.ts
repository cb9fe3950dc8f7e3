import type { Powers } from './powers.ts';

/** The directory of a process's own cgroup in the unified hierarchy; null where there is none, or none to be seen. */
export async function ownCgroup(files: Powers['files'], pid: number): Promise<string | null> {
  const [groups, mounts] = await Promise.all(
    ['cgroup', 'mountinfo'].map((name) => files.readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '')),
  );
  const path = /^0::(\/.*)$/m.exec(groups ?? '')?.[1];
  // A path that begins with /.. lies outside the namespace that this process sees.
  if (path === undefined || path.startsWith('/..')) return null;
  for (const mount of (mounts ?? '').split('\n').map(readMount)) {
    const below = mount && relativeTo(path, mount.root);
    if (mount && below !== null) return `${mount.at}${below}`;
  }
  return null;
}

/** Which part of the hierarchy is mounted where, from a line of mountinfo; null for every other file system. */
function readMount(line: string): { readonly root: string; readonly at: string } | null {
  const [before = '', after = ''] = line.split(' - ');
  const [, , , root, at] = before.split(' ').map(unescapeMount);
  return after.startsWith('cgroup2 ') && root && at ? { root, at } : null;
}

/** Blanks and their like are written in octal there. See proc_pid_mountinfo(5). */
function unescapeMount(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

/** What is left of a path below a root: empty for the root itself, else with a slash in front; null for one beside it. */
function relativeTo(path: string, root: string): string | null {
  const top = root === '/' ? '' : root;
  if (path === root) return '';
  return path.startsWith(`${top}/`) ? path.slice(top.length) : null;
}
