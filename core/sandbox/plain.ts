import { pathToFileURL } from 'node:url';
import type { Powers } from '../powers.ts';
import { attachProcess, SPOKE_STDIO } from './attach.ts';
import { programWords } from './program-words.ts';
import type { Runtime, Sandbox } from './sandbox.ts';

/**
 * A plain child process with an empty environment and nothing open but its channel and two pipes. It confines nothing:
 * what the spoke does besides asking, it can do as its user.
 */
export function plainSandbox(
  { spawn, signal, filesNow }: Pick<Powers, 'spawn' | 'signal' | 'filesNow'>,
  runtime: Runtime,
): Sandbox {
  return {
    level: 'none',
    start(program) {
      const { directory, module } = program;
      const places = { ...runtime, runtime: runtime.directory, spoke: directory };
      const unconfined = { permissionFlags: () => [] };
      const [file = '', ...words] = programWords({ filesNow }, unconfined, program, places);
      const child = spawn(file, words, {
        cwd: directory,
        env: {},
        // A process group of its own, so that what the spoke starts can be ended with it.
        detached: true,
        stdio: [...SPOKE_STDIO],
      });
      return attachProcess({
        child,
        signal,
        moduleUrl: pathToFileURL(`${directory}/${module}`).href,
        ownGroup: true,
      });
    },
  };
}
