import { errno } from '../errors.ts';
import type { Powers } from '../powers.ts';

/** A directory of the system, or a link to a part of another one. */
export type SystemDirectory =
  | { readonly path: string; readonly link: string }
  | { readonly path: string; readonly link: null };

/** Where programs and their libraries lie. What a host does not have is passed over. */
const DIRECTORIES = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'] as const;

/**
 * What a program that is not Node needs to be started, and reads besides its own directory: the system's programs and
 * libraries, which hold nothing of a user's. On most systems all but /usr are links into it.
 */
export function systemDirectories({ filesNow }: Pick<Powers, 'filesNow'>): readonly SystemDirectory[] {
  return DIRECTORIES.flatMap((path): SystemDirectory[] => {
    try {
      return [{ path, link: filesNow.readlinkSync(path) }];
    } catch (error) {
      return errno(error) === 'EINVAL' ? [{ path, link: null }] : [];
    }
  });
}

/** What a program finds in its environment beside what every spoke does. */
export const PROGRAM_ENVIRONMENT: Readonly<Record<string, string>> = {
  PATH: '/usr/bin:/bin',
  LANG: 'C.UTF-8',
};
