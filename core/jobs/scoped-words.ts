import { isWithin } from '../../schemas/path-text.ts';
import { type Scope, type ScopeBind, SYSTEM_DIRECTORIES } from '../../schemas/scope.ts';

/** A directory of the system as it is on this host: a link such as /bin, or a directory of its own. */
export interface SystemDirectory {
  readonly path: string;
  /** The text of the link; null where it is a directory. */
  readonly link: string | null;
}

export interface ScopedInput {
  readonly home: string;
  readonly system: readonly SystemDirectory[];
  /** Places within the system that a command finds empty, by their real paths. */
  readonly hidden: readonly string[];
  readonly scope: Scope;
  /** The descriptor of each bind as the launcher has it. */
  readonly descriptorOf: (bind: ScopeBind) => number;
  /** The descriptor of the filter, as the launcher has it. */
  readonly filter: number;
}

/** What programs read in /etc to find libraries, names, certificates and the time. Nothing there is secret. */
const ETC = [
  ...['alternatives', 'ld.so.cache', 'localtime', 'timezone', 'locale.alias', 'mime.types'],
  ...['nsswitch.conf', 'passwd', 'group', 'ssl/certs', 'ssl/openssl.cnf', 'ca-certificates'],
  ...['pki/ca-trust', 'pki/tls/certs', 'pki/tls/cert.pem', 'crypto-policies'],
] as const;

/** And what they read there to find other hosts. */
const ETC_FOR_NETWORK = ['resolv.conf', 'hosts', 'host.conf', 'gai.conf', 'services', 'protocols'] as const;

/** Bytes that a command can keep in its home, and as many in /tmp. They are memory. */
const SCRATCH = String(256 * 1_048_576);

interface Mount {
  readonly at: string;
  readonly words: readonly string[];
}

/**
 * The words by which bubblewrap confines a command to its scope: the system read-only, a home and a /tmp that are empty,
 * and what the scope holds. Parents come before what is in them. Pure.
 */
export function scopedWords(input: ScopedInput): readonly string[] {
  const { home, scope, filter } = input;
  const own = [...systemMounts(input), ...scratchMounts(home)].filter(({ at }) => !isGiven(scope, at));
  const given = [
    ...scope.binds.map((bind) => bindMount(bind, input.descriptorOf(bind))),
    ...linkMounts(scope),
  ];
  const mounts = [...own, ...KERNEL_MOUNTS, ...given, ...hiddenMounts(input)].sort((a, b) =>
    a.at < b.at ? -1 : 1,
  );
  return [
    ...['--unshare-user', '--unshare-pid', '--unshare-ipc', '--unshare-uts', '--unshare-cgroup-try'],
    ...(scope.net ? [] : ['--unshare-net']),
    ...['--die-with-parent', '--new-session', '--cap-drop', 'ALL'],
    ...mounts.flatMap(({ words }) => words),
    ...['--remount-ro', '/', '--chdir', home, '--seccomp', String(filter)],
  ];
}

const KERNEL_MOUNTS: readonly Mount[] = [
  { at: '/dev', words: ['--dev', '/dev'] },
  // To root, which it stays for the files of root, the settings of the whole kernel would be writable.
  { at: '/proc', words: ['--proc', '/proc', '--remount-ro', '/proc'] },
  { at: '/run', words: ['--dir', '/run'] },
];

function systemMounts({ system, scope }: ScopedInput): readonly Mount[] {
  const etc = [...ETC, ...(scope.net ? ETC_FOR_NETWORK : [])].map((name) => `/etc/${name}`);
  return [
    ...system.map(({ path, link }) => ({
      at: path,
      words: link === null ? ['--ro-bind', path, path] : ['--symlink', link, path],
    })),
    ...etc.map((path) => ({ at: path, words: ['--ro-bind-try', path, path] })),
  ];
}

/** The system is given as a whole, so what of it is Axium's own is covered. */
function hiddenMounts({ hidden }: ScopedInput): readonly Mount[] {
  return hidden.map((at) => ({ at, words: ['--tmpfs', at, '--remount-ro', at] }));
}

function scratchMounts(home: string): readonly Mount[] {
  return [
    { at: '/tmp', words: ['--perms', '1777', '--size', SCRATCH, '--tmpfs', '/tmp'] },
    ...(home === '/' ? [] : [{ at: home, words: ['--perms', '0700', '--size', SCRATCH, '--tmpfs', home] }]),
  ];
}

function bindMount({ path, list }: ScopeBind, descriptor: number): Mount {
  return { at: path, words: [list === 'fs_write' ? '--bind-fd' : '--ro-bind-fd', String(descriptor), path] };
}

/** A name within the system is there already, with the system. */
function linkMounts({ links }: Scope): readonly Mount[] {
  return links
    .filter(({ path }) => !SYSTEM_DIRECTORIES.some((directory) => isWithin(path, directory)))
    .map(({ path, to }) => ({ at: path, words: ['--symlink', to, path] }));
}

/** Whether the scope has a place already, so that nothing of ours is put over it. */
function isGiven({ binds }: Scope, at: string): boolean {
  return binds.some(({ path, whole }) => path === at || (whole && isWithin(at, path)));
}
