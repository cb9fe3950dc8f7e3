import { permissionFlagsFor } from './permission-flags.ts';
import type { Runtime } from './sandbox.ts';

/** What spokes are run with: a Node, by its real path, with the flags that it knows, and the compiled runtime. */
export function spokeRuntime(
  node: string,
  knownFlags: { readonly has: (flag: string) => boolean },
  packageRoot: string,
): Runtime {
  return {
    node,
    // Python is not compiled, so that it lies where it was written.
    python: `${packageRoot}/spokes/runtime/python`,
    directory: `${packageRoot}/dist/spokes/runtime`,
    permissionFlags: permissionFlagsFor(knownFlags),
  };
}
