import { AxiumError } from './errors.ts';
import type { Powers } from './powers.ts';

/** The programs of the host that confine and hold what we start. Never looked up: a PATH can be anybody's. */
export const BWRAP = '/usr/bin/bwrap';
export const PERL = '/usr/bin/perl';

/** Throws `unavailable` where such a program is not there, or is not root's: one that somebody can exchange holds nothing. */
export async function requireProgram({ files }: Pick<Powers, 'files'>, path: string): Promise<void> {
  const stat = await files.stat(path).catch(() => null);
  if (stat === null)
    throw new AxiumError('unavailable', `${path} could not be started: there is no such program`);
  if (stat.uid !== 0 || (stat.mode & 0o022) !== 0) {
    throw new AxiumError('unavailable', `${path} is not root's alone, and so not to be trusted`);
  }
}
