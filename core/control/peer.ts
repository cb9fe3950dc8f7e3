import type * as nodeFs from 'node:fs';
import type { Socket } from 'node:net';
import { type PeerProcess, readProcess } from './peer-process.ts';

/** Who is at the other end of a unix socket, as the kernel noted it when they connected. */
export interface PeerIdentity {
  /** 0 where the process is in a pid namespace that this one does not see. */
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups, or null where the kernel does not tell them. */
  readonly groups: readonly number[] | null;
  /** The process that connected, looked at now; null where it is gone already. */
  readonly process: PeerProcess | null;
}

/** Tells who is at the other end, never throws, and says `unknown` for anything unsure. */
export type PeerLookup = (socket: Socket) => PeerIdentity | 'unknown';

type PeerFiles = Pick<typeof nodeFs, 'readFileSync' | 'closeSync'>;

/** getsockopt(2): fills the buffer, and returns how many bytes it has written, or the number of the error as a negative one. */
type ReadOption = (descriptor: number, option: number, buffer: Buffer) => number;

/** The options of a socket that tell who connected, as on every architecture that Linux and Node share. See unix(7). */
const SO_PEERCRED = 17;
const SO_PEERGROUPS = 59;
const SO_PEERPIDFD = 77;

/** What a kernel answers that does not know an option. */
const ENOPROTOOPT = 92;

/** How many groups room is made for: what most have at first, then as many as there can be (NGROUPS_MAX). */
const ROOM_FOR_GROUPS = [64, 65_536];

/**
 * The kernel's own answer to who connected. Null where koffi, by which the system call is made, is not installed or does
 * not run here: it is an optional dependency.
 */
export async function loadPeerLookup(files: PeerFiles): Promise<PeerLookup | null> {
  const readOption = await loadReadOption();
  if (readOption === null) return null;
  return (socket) => {
    try {
      const descriptor = descriptorOf(socket);
      return descriptor === null ? 'unknown' : identityOf(files, readOption, descriptor);
    } catch {
      return 'unknown';
    }
  };
}

async function loadReadOption(): Promise<ReadOption | null> {
  try {
    const { default: koffi } = await import('koffi');
    const getsockopt = koffi
      .load(null)
      .func('int getsockopt(int, int, int, _Out_ void *value, _Inout_ uint32_t *size)');
    const SOL_SOCKET = 1;
    return (descriptor, option, buffer) => {
      const size = [buffer.length];
      return getsockopt(descriptor, SOL_SOCKET, option, buffer, size) === 0 ? (size[0] ?? 0) : -koffi.errno();
    };
  } catch {
    return null;
  }
}

/** Node has no public name for the descriptor of a socket. */
function descriptorOf(socket: Socket): number | null {
  const { _handle: handle } = socket as unknown as { readonly _handle?: { readonly fd?: unknown } | null };
  const descriptor = handle?.fd;
  return typeof descriptor === 'number' && descriptor >= 0 ? descriptor : null;
}

function identityOf(files: PeerFiles, readOption: ReadOption, descriptor: number): PeerIdentity | 'unknown' {
  const credentials = Buffer.alloc(12);
  if (readOption(descriptor, SO_PEERCRED, credentials) !== credentials.length) return 'unknown';
  const [pid, uid, gid] = [0, 4, 8].map((at) => credentials.readInt32LE(at)) as [number, number, number];
  // A socket that nobody has connected to has -1 for all of them.
  if (pid < 0 || uid === -1 || gid === -1) return 'unknown';
  return {
    pid,
    uid: uid >>> 0,
    gid: gid >>> 0,
    groups: groupsOf(readOption, descriptor),
    process: processOf(files, readOption, descriptor, pid),
  };
}

function groupsOf(readOption: ReadOption, descriptor: number): readonly number[] | null {
  for (const room of ROOM_FOR_GROUPS) {
    const buffer = Buffer.alloc(4 * room);
    const bytes = readOption(descriptor, SO_PEERGROUPS, buffer);
    if (bytes >= 0) return Array.from({ length: bytes / 4 }, (_, index) => buffer.readUInt32LE(4 * index));
  }
  return null;
}

/**
 * What /proc says of the process that connected. Its number may be another's by the time it is looked at; the handle that
 * kernels from 6.5 on give tells afterwards that it was not.
 */
function processOf(
  files: PeerFiles,
  readOption: ReadOption,
  descriptor: number,
  pid: number,
): PeerProcess | null {
  const handle = Buffer.alloc(4);
  const told = readOption(descriptor, SO_PEERPIDFD, handle);
  // Any other failure is that of a process which is gone, and whose number may be another's.
  if (told !== handle.length && told !== -ENOPROTOOPT) return null;
  const held = told === handle.length ? handle.readInt32LE(0) : null;
  try {
    const found = pid > 0 ? readProcess(files, pid) : null;
    return held === null || isStill(files, held, pid) ? found : null;
  } finally {
    if (held !== null) files.closeSync(held);
  }
}

function isStill(files: PeerFiles, held: number, pid: number): boolean {
  const told = /^Pid:\s*(-?\d+)/m.exec(files.readFileSync(`/proc/self/fdinfo/${held}`, 'utf8'))?.[1];
  return Number(told) === pid;
}
