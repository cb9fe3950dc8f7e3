import { O_PATH } from './portals/open-file.ts';

/** Opens what lies on the mount of `/`, as O_PATH does, where that takes no waiting. Null for all else, and where it fails. */
export type OpenCached = (path: string) => number | null;

/** openat2(2), for which Node has no call. The same on every architecture that koffi is built for. */
const OPENAT2 = 437;
const AT_FDCWD = -100;
const O_CLOEXEC = 0o2000000;
const RESOLVE_NO_XDEV = 0x01;
const RESOLVE_CACHED = 0x20;

/**
 * The kernel's own way to open what needs no waiting: RESOLVE_CACHED goes along names that are in its memory, and gives up
 * where a file system would have to be asked whether they still hold. There is one thing that it asks all the same, an NFS
 * or 9p file system whose own root is what the path ends at: RESOLVE_NO_XDEV lets it leave the mount of `/` for no other.
 * Null where koffi, by which the call is made, is not there; where the kernel does not have it, every path is null.
 */
export async function loadOpenCached(): Promise<OpenCached | null> {
  try {
    const { default: koffi } = await import('koffi');
    const openat2 = koffi.load(null).func('long syscall(long, int, const char *path, void *how, size_t)');
    const how = new BigUint64Array([
      BigInt(O_PATH | O_CLOEXEC),
      0n,
      BigInt(RESOLVE_CACHED | RESOLVE_NO_XDEV),
    ]);
    return (path) => {
      // The call would take it for the end of the path.
      if (path.includes('\0')) return null;
      const fd = Number(openat2(OPENAT2, AT_FDCWD, path, how, how.byteLength));
      return fd < 0 ? null : fd;
    };
  } catch {
    return null;
  }
}
