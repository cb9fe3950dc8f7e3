/** prlimit(2): sets a limit of a process, soft and hard. 0, or the number of the error. */
export type SetLimit = (pid: number, resource: number, value: number) => number;

/** The same on every architecture that Linux and Node share. See prlimit(2). */
export const RESOURCE = { data: 2, core: 4, openFiles: 7 } as const;

const EINVAL = 22;

/**
 * The kernel's own call, by which a process of ours is bounded in a moment. Null where koffi, by which the call is made, is
 * not installed or does not run here: it is an optional dependency.
 */
export async function loadSetLimit(): Promise<SetLimit | null> {
  try {
    const { default: koffi } = await import('koffi');
    const prlimit = koffi.load(null).func('int prlimit(int, int, const void *value, void *old)');
    return (pid, resource, value) => {
      // To the kernel 0 is whoever asks, and nothing may bound the daemon.
      if (pid <= 0) return EINVAL;
      const both = new BigUint64Array(2).fill(BigInt(value));
      return prlimit(pid, resource, both, null) === 0 ? 0 : koffi.errno();
    };
  } catch {
    return null;
  }
}
