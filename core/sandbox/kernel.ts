import { pathToFileURL } from 'node:url';
import { PERL } from '../host-programs.ts';
import type { Powers } from '../powers.ts';
import { attachProcess, SPOKE_STDIO } from './attach.ts';
import type { FilterFile } from './filter-file.ts';
import { programWords } from './program-words.ts';
import { type Runtime, type Sandbox, SPOKE_ENVIRONMENT } from './sandbox.ts';
import type { Architecture } from './seccomp/numbers.ts';
import type { SharedLibrary } from './shared-libraries.ts';
import { PROGRAM_ENVIRONMENT, systemDirectories } from './system-directories.ts';

const FILTER_FD = 4;

/** RLIMIT_NOFILE and RLIMIT_CORE. */
const LIMITS = ['7:256', '4:0'] as const;

export interface KernelInput {
  readonly powers: Pick<Powers, 'spawn' | 'signal' | 'filesNow'>;
  readonly runtime: Runtime;
  readonly libraries: readonly SharedLibrary[];
  readonly filter: FilterFile;
  readonly architecture: Architecture;
  /** The script that confines itself and becomes Node. */
  readonly launcher: string;
  /** A file that must not be readable once the process is confined. */
  readonly forbidden: string;
}

/**
 * Landlock and the seccomp filter, set by a script before the spoke begins: for hosts without user namespaces. The spoke
 * reads Node, its libraries, the runtime and its own directory, and another program than Node the system's programs and
 * libraries in the place of the first two; metadata of other files stays visible.
 */
export function kernelSandbox({
  powers,
  runtime,
  libraries,
  filter,
  architecture,
  launcher,
  forbidden,
}: KernelInput): Sandbox {
  const options = (name: string, values: readonly string[]) =>
    values.flatMap((value) => [`--${name}`, value]);
  return {
    level: 'kernel',
    start(program) {
      const { directory, module } = program;
      const places = { ...runtime, runtime: runtime.directory, spoke: directory };
      const started = programWords(powers, runtime, program, places);
      const isNode = (program.runtime ?? 'node') === 'node';
      const system = isNode ? [] : systemDirectories(powers).map(({ path }) => path);
      const execute = isNode
        ? [runtime.node, ...libraries.map(({ file }) => file)]
        : [...system, ...(program.runtime === 'exec' ? [directory] : [])];
      const environment = isNode ? SPOKE_ENVIRONMENT : { ...SPOKE_ENVIRONMENT, ...PROGRAM_ENVIRONMENT };
      const fd = filter.open();
      try {
        const words = [
          launcher,
          ...options('architecture', [architecture]),
          ...options('filter-fd', [String(FILTER_FD)]),
          ...options('execute', execute),
          ...options('read', [directory, isNode ? runtime.directory : runtime.python, ...system]),
          ...options('write', ['/dev/null']),
          ...options('limit', LIMITS),
          ...options(
            'env',
            Object.entries(environment).map((pair) => pair.join('=')),
          ),
          ...options('forbidden', [forbidden]),
          '--',
          ...started,
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
