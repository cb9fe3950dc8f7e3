import type { Dirent } from 'node:fs';
import { AxiumError } from '../errors.ts';
import type { Powers } from '../powers.ts';
import { type OpenFile, throughHandle } from './open-file.ts';

/** How much of the host is bound for one command, and how much is looked at to find it. */
export const SCOPE_CAPS = { binds: 256, entries: 50_000, depth: 64 } as const;

/** Reads the names in directories, of which only so many are looked at for one command. */
export class ScopeEntries {
  readonly #files: Powers['files'];
  #looked = 0;

  constructor(files: Powers['files']) {
    this.#files = files;
  }

  /** Null where the directory cannot be listed: it is then not known what is in it. Throws `too_large`. */
  async of(handle: OpenFile): Promise<readonly Dirent[] | null> {
    const entries: Dirent[] = [];
    try {
      for await (const entry of await this.#files.opendir(throughHandle(handle))) {
        this.#looked += 1;
        if (this.#looked > SCOPE_CAPS.entries) throw tooManyNames();
        entries.push(entry);
      }
      return entries;
    } catch (error) {
      if (error instanceof AxiumError) throw error;
      return null;
    }
  }
}

/** Throws `too_large` where directories lie deeper in each other than is looked at. */
export function refuseDepth(depth: number): void {
  if (depth <= SCOPE_CAPS.depth) return;
  throw new AxiumError(
    'too_large',
    `exec_profile: scoped: expected directories at most ${SCOPE_CAPS.depth} deep below the paths of the spoke, found deeper ones; name directories further down`,
  );
}

function tooManyNames(): AxiumError {
  return new AxiumError(
    'too_large',
    `exec_profile: scoped: expected at most ${SCOPE_CAPS.entries} names to look at below the paths of the spoke, found more; name smaller directories`,
  );
}
