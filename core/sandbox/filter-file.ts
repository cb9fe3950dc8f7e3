import { constants } from 'node:fs';
import type { Powers } from '../powers.ts';

/** A seccomp program as a file without a name, of which each start gets a descriptor of its own. */
export interface FilterFile {
  /** A new descriptor, at the beginning of the program. The caller closes it once the process has it. */
  readonly open: () => number;
  readonly close: () => void;
}

/** Writes a program to a file in a directory of the daemon's own, and takes the name away again. */
export function createFilterFile(
  { filesNow, randomHex }: Pick<Powers, 'filesNow' | 'randomHex'>,
  directory: string,
  program: Buffer,
): FilterFile {
  const path = `${directory}/filter-${randomHex(8)}`;
  const { O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW, O_RDONLY } = constants;
  const fd = filesNow.openSync(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o400);
  filesNow.writeSync(fd, program);
  filesNow.unlinkSync(path);
  return {
    // Opened anew and not shared: whoever reads a shared descriptor moves its position for all.
    open: () => filesNow.openSync(`/proc/self/fd/${fd}`, O_RDONLY),
    close: () => filesNow.closeSync(fd),
  };
}
