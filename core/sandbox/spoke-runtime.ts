import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { permissionFlagsFor } from './permission-flags.ts';
import type { Runtime } from './sandbox.ts';

/** What spokes are run with: the Node of this process and the compiled runtime beside the daemon. */
export function spokeRuntime(
  process: Pick<NodeJS.Process, 'execPath' | 'allowedNodeEnvironmentFlags'>,
): Runtime {
  return {
    node: realpathSync(process.execPath),
    directory: fileURLToPath(new URL('../../spokes/runtime', import.meta.url)),
    permissionFlags: permissionFlagsFor(process.allowedNodeEnvironmentFlags),
  };
}
