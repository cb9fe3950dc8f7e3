import { pathToFileURL } from 'node:url';
import { AxiumError } from '../errors.ts';
import type { Powers } from '../powers.ts';
import { attachProcess, SPOKE_STDIO } from './attach.ts';
import { BOOTSTRAP, type Runtime, type Sandbox, SPOKE_ENVIRONMENT } from './sandbox.ts';

/**
 * Node's permission model and nothing else. It holds against accidents; code that means harm gets past it, as Node's own
 * documentation says.
 */
export function seatbeltSandbox(
  { spawn, signal }: Pick<Powers, 'spawn' | 'signal'>,
  runtime: Runtime,
): Sandbox {
  return {
    level: 'seatbelt',
    start({ directory, module, runtime: name = 'node' }) {
      if (name !== 'node')
        throw new AxiumError('unavailable', `runtime: ${name} is not Node, which holds itself`);
      const flags = runtime.permissionFlags([directory, runtime.directory]);
      const child = spawn(runtime.node, [...flags, `${runtime.directory}/${BOOTSTRAP}`], {
        cwd: directory,
        env: SPOKE_ENVIRONMENT,
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
