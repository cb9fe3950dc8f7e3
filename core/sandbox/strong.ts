import type { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { BWRAP } from '../host-programs.ts';
import type { Powers } from '../powers.ts';
import { attachProcess, SPOKE_STDIO } from './attach.ts';
import type { FilterFile } from './filter-file.ts';
import { programWords } from './program-words.ts';
import { type Runtime, type Sandbox, SPOKE_ENVIRONMENT } from './sandbox.ts';
import type { SharedLibrary } from './shared-libraries.ts';
import { PROGRAM_ENVIRONMENT, systemDirectories } from './system-directories.ts';

const FD = { filter: 4, info: 5 } as const;
/** Where things lie inside: nothing else is there. */
const INSIDE = {
  node: '/axium/node',
  runtime: '/axium/runtime',
  python: '/axium/python',
  spoke: '/spoke',
} as const;
/**
 * A file of the runtime that says of each machine that it has a little less than 4 GiB, and nothing of this one. On a larger
 * one V8 puts its own functions beside those it compiles; without a /proc/self/maps it can only copy them, which is 1.6 MiB
 * for each spoke. A heap can have half of it.
 */
const MEMORY = 'meminfo';
/** Nobody in particular. */
const OVERFLOW_ID = '65534';

export interface StrongInput {
  readonly powers: Pick<Powers, 'spawn' | 'signal' | 'filesNow'>;
  readonly runtime: Runtime;
  readonly libraries: readonly SharedLibrary[];
  readonly filter: FilterFile;
  /** Whether this bubblewrap knows --disable-userns; the filter forbids nested namespaces as well. */
  readonly disableUserns: boolean;
}

/**
 * bubblewrap with namespaces of every kind and the seccomp filter. The root directory holds Node, its libraries, the
 * runtime, the spoke's directory and /dev/null, all read-only; for another program than Node the system's programs and
 * libraries in the place of the first two.
 */
export function strongSandbox({ powers, runtime, libraries, filter, disableUserns }: StrongInput): Sandbox {
  const bind = (from: string, to: string) => ['--ro-bind', from, to];
  const forNode = () => [
    ...libraries.flatMap(({ file, path }) => bind(file, path)),
    ...bind(runtime.node, INSIDE.node),
    ...bind(runtime.directory, INSIDE.runtime),
    ...['--symlink', `${INSIDE.runtime}/${MEMORY}`, '/proc/meminfo'],
  ];
  const forPrograms = () => [
    ...systemDirectories(powers).flatMap(({ path, link }) =>
      link === null ? bind(path, path) : ['--symlink', link, path],
    ),
    ...bind(runtime.python, INSIDE.python),
  ];
  return {
    level: 'strong',
    start(program) {
      const { directory, module } = program;
      const started = programWords(powers, runtime, program, INSIDE);
      const isNode = (program.runtime ?? 'node') === 'node';
      const environment = isNode ? SPOKE_ENVIRONMENT : { ...SPOKE_ENVIRONMENT, ...PROGRAM_ENVIRONMENT };
      const fd = filter.open();
      try {
        const words = [
          '--as-pid-1',
          ...['--unshare-user', '--unshare-pid', '--unshare-ipc', '--unshare-uts', '--unshare-net'],
          '--unshare-cgroup-try',
          ...(disableUserns ? ['--disable-userns'] : []),
          ...['--die-with-parent', '--new-session', '--clearenv', '--cap-drop', 'ALL'],
          ...['--uid', OVERFLOW_ID, '--gid', OVERFLOW_ID, '--hostname', 'spoke'],
          ...(isNode ? forNode() : forPrograms()),
          ...bind(directory, INSIDE.spoke),
          ...['--dev-bind', '/dev/null', '/dev/null', '--remount-ro', '/'],
          ...Object.entries(environment).flatMap(([name, value]) => ['--setenv', name, value]),
          ...['--chdir', INSIDE.spoke, '--seccomp', String(FD.filter), '--info-fd', String(FD.info)],
          ...['--', ...started],
        ];
        const child = powers.spawn(BWRAP, words, {
          cwd: '/',
          // Whatever bubblewrap itself is started with could be read by a sandbox that has a /proc.
          env: {},
          detached: true,
          stdio: [...SPOKE_STDIO, fd, 'pipe'],
        });
        return attachProcess({
          child,
          signal: powers.signal,
          moduleUrl: pathToFileURL(`${INSIDE.spoke}/${module}`).href,
          ownGroup: true,
          pid: innerPid((child.stdio as readonly unknown[] | undefined)?.[FD.info] as Readable | undefined),
        });
      } finally {
        powers.filesNow.closeSync(fd);
      }
    },
  };
}

/**
 * The process id of Node by the daemon's numbers, once bubblewrap has told it. One that could not be started, as where
 * there are no descriptors left, has no streams at all.
 */
function innerPid(info: Readable | undefined): () => number | null {
  let text = '';
  info?.setEncoding('utf8');
  info?.on('data', (chunk: string) => {
    text += chunk;
  });
  info?.on('error', () => {});
  return () => {
    const found = /"child-pid":\s*(\d+)/.exec(text);
    return found ? Number(found[1]) : null;
  };
}
