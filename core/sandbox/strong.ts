import type { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { BWRAP } from '../host-programs.ts';
import type { Powers } from '../powers.ts';
import { attachProcess, SPOKE_STDIO } from './attach.ts';
import type { FilterFile } from './filter-file.ts';
import { BOOTSTRAP, type Runtime, type Sandbox, SPOKE_ENVIRONMENT } from './sandbox.ts';
import type { SharedLibrary } from './shared-libraries.ts';

const FD = { filter: 4, info: 5 } as const;
/** Where things lie inside: nothing else is there. */
const INSIDE = { node: '/axium/node', runtime: '/axium/runtime', spoke: '/spoke' } as const;
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
 * runtime, the spoke's directory and /dev/null, all read-only.
 */
export function strongSandbox({ powers, runtime, libraries, filter, disableUserns }: StrongInput): Sandbox {
  const bind = (from: string, to: string) => ['--ro-bind', from, to];
  return {
    level: 'strong',
    start({ directory, module }) {
      const flags = runtime.permissionFlags([INSIDE.spoke, INSIDE.runtime]);
      const fd = filter.open();
      try {
        const words = [
          '--as-pid-1',
          ...['--unshare-user', '--unshare-pid', '--unshare-ipc', '--unshare-uts', '--unshare-net'],
          '--unshare-cgroup-try',
          ...(disableUserns ? ['--disable-userns'] : []),
          ...['--die-with-parent', '--new-session', '--clearenv', '--cap-drop', 'ALL'],
          ...['--uid', OVERFLOW_ID, '--gid', OVERFLOW_ID, '--hostname', 'spoke'],
          ...libraries.flatMap(({ file, path }) => bind(file, path)),
          ...bind(runtime.node, INSIDE.node),
          ...bind(runtime.directory, INSIDE.runtime),
          ...bind(directory, INSIDE.spoke),
          ...['--dev-bind', '/dev/null', '/dev/null', '--remount-ro', '/'],
          ...Object.entries(SPOKE_ENVIRONMENT).flatMap(([name, value]) => ['--setenv', name, value]),
          ...['--chdir', INSIDE.spoke, '--seccomp', String(FD.filter), '--info-fd', String(FD.info)],
          ...['--', INSIDE.node, ...flags, `${INSIDE.runtime}/${BOOTSTRAP}`],
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
