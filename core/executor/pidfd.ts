import type { HeldProcess } from './powers.ts';

/** The same on every architecture that Node is built for. */
const PIDFD_OPEN = 434;
const PIDFD_SEND_SIGNAL = 424;

/** What holds a process by a descriptor of the kernel's, as Node has no call for that; null where koffi is not there. */
export async function pidfdHolder(
  close: (fd: number) => void,
): Promise<((pid: number) => HeldProcess | null) | null> {
  const koffi = await import('koffi').then(
    (module) => module.default,
    () => null,
  );
  if (koffi === null) return null;
  const syscall = koffi.load(null).func('long syscall(long number, ...)');
  return (pid) => {
    const fd = Number(syscall(PIDFD_OPEN, 'int', pid, 'uint', 0));
    if (fd < 0) return null;
    return {
      send: (signal) =>
        Number(syscall(PIDFD_SEND_SIGNAL, 'int', fd, 'int', signal, 'void *', null, 'uint', 0)) === 0,
      release: () => close(fd),
    };
  };
}
