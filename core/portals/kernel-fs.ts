import type { Powers } from '../powers.ts';
import { LocalFile } from './local-files.ts';
import { type OpenFile, throughHandle } from './open-file.ts';

/**
 * File systems whose files are the kernel's speech and not data, by the magic number of statfs(2) that linux/magic.h
 * and, for the last ones, the source of the file system has. hugetlbfs and ramfs hold data, and are not among them.
 */
const MAGIC: ReadonlyMap<number, string> = new Map([
  [0x9fa0, 'procfs'],
  [0x62656572, 'sysfs'],
  [0x27e0eb, 'cgroupfs'],
  [0x63677270, 'cgroupfs'],
  [0x1cd1, 'devpts'],
  [0x64626720, 'debugfs'],
  [0x74726163, 'tracefs'],
  [0x73636673, 'securityfs'],
  [0xcafe4a11, 'bpf'],
  [0x6165676c, 'pstore'],
  [0xde5e81e4, 'efivarfs'],
  [0xf97cff8c, 'selinuxfs'],
  [0x42494e4d, 'binfmt_misc'],
  [0x19800202, 'mqueue'],
  [0x6e736673, 'nsfs'],
  [0x65735543, 'fusectl'],
  [0x62656570, 'configfs'],
  [0x5a3c69f0, 'apparmorfs'],
  [0x07655821, 'resctrl'],
  [0x43415d53, 'smackfs'],
  [0xabba1974, 'xenfs'],
  [0x9fa1, 'openprom'],
  [0x9fa2, 'usbfs'],
  [0x6c6f6f70, 'binderfs'],
  [0x50495045, 'pipefs'],
  [0x534f434b, 'sockfs'],
  [0x09041934, 'anon_inodefs'],
  [0x50494446, 'pidfs'],
  [0x6e667364, 'nfsd'],
  [0x67596969, 'rpc_pipefs'],
  [0xaee71ee7, 'gadgetfs'],
  [0x0a647361, 'functionfs'],
  [0x23c9b64e, 'spufs'],
]);

/** Names that lead into a kernel file system by themselves, whatever is opened in the end. */
const ASKED: readonly (readonly [RegExp, string])[] = [
  [/^\/proc(?:\/|$)/, 'procfs'],
  [/^\/sys(?:\/|$)/, 'sysfs'],
  [/^\/dev\/(?:fd|pts|std(?:in|out|err))(?:\/|$)/, 'devfs'],
];

/** The kernel file system that a path names by itself, whatever is opened in the end; null for every other. */
export function askedKernelFs(asked: string): string | null {
  return ASKED.find(([path]) => path.test(asked))?.[1] ?? null;
}

/**
 * The kernel file system that a handle lies on, or null. `device` is its device number, and `devfs` that of /dev where it
 * is a file system of its own (devtmpfs says that it is a tmpfs).
 */
export async function kernelFsOf(
  files: Powers['files'],
  { handle, device, asked }: { readonly handle: OpenFile; readonly device: number; readonly asked: string },
  devfs: number | null,
): Promise<string | null> {
  const named = askedKernelFs(asked);
  if (named !== null) return named;
  if (device === devfs) return 'devfs';
  const type =
    handle instanceof LocalFile ? handle.fileSystem() : (await files.statfs(throughHandle(handle))).type;
  return MAGIC.get(type) ?? null;
}

/** The device of /dev where it is a file system of its own; null where it is not, or is not there. */
export async function devfsDevice(files: Powers['files']): Promise<number | null> {
  const [root, dev] = await Promise.all([files.stat('/'), files.stat('/dev')]).catch(() => []);
  return root && dev && root.dev !== dev.dev ? dev.dev : null;
}
