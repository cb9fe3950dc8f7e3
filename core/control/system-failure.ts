import { errno } from '../errors.ts';
import { visible } from '../registry/problem.ts';

/** What a person can do about a system call that failed. */
const HINTS: Readonly<Record<string, string>> = {
  EACCES: 'let its owner, who runs the daemon, use it',
  EPERM: 'let its owner, who runs the daemon, use it',
  EROFS: 'its file system is mounted read-only; mount it writable',
  ENOSPC: 'its file system is full; make room there',
  EDQUOT: 'the quota there is used up; make room',
  EMFILE: 'the daemon has too many files open; raise the limit (ulimit -n) and restart it',
  ENFILE: 'this host has too many files open; end what holds them',
  ENOMEM: 'this host has no memory left; make room',
  ENOENT: 'it was removed; put it back, or restart the daemon',
  ENOTDIR: 'expected a directory; put it back',
  EISDIR: 'expected a file; take the directory away',
  ELOOP: 'it is a link that leads nowhere; mend it',
};

/** A system call that failed under the daemon, told to whom can mend it; null for any other error, which is a defect. */
export function systemFailure(error: unknown): string | null {
  if (!(error instanceof Error) || !('syscall' in error)) return null;
  const { path, syscall } = error as NodeJS.ErrnoException;
  const code = errno(error);
  const what = `${syscall} failed with ${code}`;
  const hint = HINTS[code] ?? "see 'axium daemon logs'";
  return path === undefined ? `the daemon: ${what}; ${hint}` : `${visible(path)}: ${what}; ${hint}`;
}
