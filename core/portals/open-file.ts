import type { Stats } from 'node:fs';
import { AxiumError } from '../errors.ts';

/** O_PATH, which node:fs does not name: a handle that opens nothing, has no side effect and needs no right to read. */
export const O_PATH = 0o10000000;

/** A file or directory that is held open, so that what it is decided on is what is used. A FileHandle is one. */
export interface OpenFile {
  readonly fd: number;
  readonly stat: () => Promise<Stats>;
  readonly close: () => Promise<void>;
}

/** The path by which a handle can be used again: what it names cannot be exchanged. */
export function throughHandle({ fd }: Pick<OpenFile, 'fd'>): string {
  return `/proc/self/fd/${fd}`;
}

export function refuseUnreadable(): never {
  throw new AxiumError('failed', "the daemon's user may not read this file");
}
