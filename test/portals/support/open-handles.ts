import { readdirSync, readlinkSync } from 'node:fs';

/** What this process holds open below a directory, by its path; files that were removed are told as such. */
export function openBelow(directory: string): readonly string[] {
  return readdirSync('/proc/self/fd')
    .map((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`);
      } catch {
        return '';
      }
    })
    .filter((path) => path === directory || path.startsWith(`${directory}/`));
}
