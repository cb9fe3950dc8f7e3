import { pathToFileURL } from 'node:url';
import { PERL } from '../host-programs.ts';
import type { Powers } from '../powers.ts';
import { attachProcess, SPOKE_STDIO } from './attach.ts';
import type { FilterFile } from './filter-file.ts';
import { BOOTSTRAP, type Runtime, type Sandbox, SPOKE_ENVIRONMENT } from './sandbox.ts';
import type { SharedLibrary } from './shared-libraries.ts';

const FILTER_FD = 4;

/** RLIMIT_NOFILE and RLIMIT_CORE. */
const LIMITS = ['7:256', '4:0'] as const;

export interface KernelInput {
  readonly powers: Pick<Powers, 'spawn' | 'signal' | 'filesNow'>;
  readonly runtime: Runtime;
  readonly libraries: readonly SharedLibrary[];
  readonly filter: FilterFile;
  /** The script that confines itself and becomes Node. */
  readonly launcher: string;
  /** A file that must not be readable once the process is confined. */
  readonly forbidden: string;
}

/**
 * Landlock and the seccomp filter, set by a script before Node begins: for hosts without user namespaces. The spoke reads
 * Node, its libraries, the runtime and its own directory; metadata of other files stays visible.
 */
export function kernelSandbox({
  powers,
  runtime,
  libraries,
  filter,
  launcher,
  forbidden,
}: KernelInput): Sandbox {
  const options = (name: string, values: readonly string[]) =>
    values.flatMap((value) => [`--${name}`, value]);
  return {
    level: 'kernel',
    start({ directory, module }) {
      const flags = runtime.permissionFlags([directory, runtime.directory]);
      const fd = filter.open();
      try {
        const words = [
          launcher,
          ...options('filter-fd', [String(FILTER_FD)]),
          ...options('execute', [runtime.node, ...libraries.map(({ file }) => file)]),
          ...options('read', [directory, runtime.directory]),
          ...options('write', ['/dev/null']),
          ...options('limit', LIMITS),
          ...options(
            'env',
            Object.entries(SPOKE_ENVIRONMENT).map((pair) => pair.join('=')),
          ),
          ...options('forbidden', [forbidden]),
          '--',
          runtime.node,
          ...flags,
          `${runtime.directory}/${BOOTSTRAP}`,
        ];
        const child = powers.spawn(PERL, words, {
          cwd: directory,
          env: {},
          detached: true,
          stdio: [...SPOKE_STDIO, fd],
        });
        const moduleUrl = pathToFileURL(`${directory}/${module}`).href;
        return attachProcess({ child, signal: powers.signal, moduleUrl, ownGroup: true });
      } finally {
        powers.filesNow.closeSync(fd);
      }
    },
  };
}
