import type * as nodeFs from 'node:fs';

type DescriptorFiles = Pick<typeof nodeFs, 'readdirSync' | 'readFileSync' | 'closeSync'>;

/** O_CLOEXEC, which Node gives to everything that it opens, and which nothing has that was inherited on purpose. */
const CLOSE_ON_EXEC = 0o2000000;

/**
 * Closes what this process was started with beside its first three descriptors and `kept`: spokes and commands would
 * inherit it in their turn, and with a directory of the host all that is below it. Does nothing without /proc.
 */
export function closeInheritedDescriptors(files: DescriptorFiles, kept: number): void {
  for (const name of listed(files)) {
    const descriptor = Number(name);
    if (descriptor <= 2 || descriptor === kept || !isInherited(files, descriptor)) continue;
    try {
      files.closeSync(descriptor);
    } catch {
      // Nothing is under this number any more.
    }
  }
}

function listed(files: DescriptorFiles): readonly string[] {
  try {
    return files.readdirSync('/proc/self/fd');
  } catch {
    return [];
  }
}

function isInherited(files: DescriptorFiles, descriptor: number): boolean {
  try {
    const flags = /^flags:\s*([0-7]+)/m.exec(files.readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8'));
    return flags !== null && (Number.parseInt(flags[1] ?? '', 8) & CLOSE_ON_EXEC) === 0;
  } catch {
    return false;
  }
}
