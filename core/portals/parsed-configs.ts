import type { Stats } from 'node:fs';
import { AxiumError } from '../errors.ts';
import type { ConfigValue } from './config-values.ts';

const MAX_KEPT = 64;

/** Two writes within one tick of the file system's clock look alike, so a file this young is parsed each time. */
const SETTLED_MS = 1000;

/**
 * Keeps what configuration files were parsed to, since parsing one takes thousands of times as long as finding it
 * unchanged. A file is known by its path, inode, size and times. What it gives out is never changed by anybody.
 */
export class ParsedConfigs {
  readonly #now: () => number;
  readonly #kept = new Map<string, Promise<ConfigValue>>();

  /** `now` is the time in milliseconds since the epoch. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** The value of a file as `stat` describes it, which was looked at before `parse` reads. Rejects as `parse` does. */
  valueOf(path: string, stat: Stats, parse: () => Promise<ConfigValue>): Promise<ConfigValue> {
    const key = [stat.dev, stat.ino, stat.size, stat.mtimeMs, stat.ctimeMs, path].join(':');
    const known = this.#kept.get(key);
    if (known !== undefined) return known;
    const value = parse();
    if (Math.abs(this.#now() - stat.ctimeMs) > SETTLED_MS) this.#keep(key, value);
    return value;
  }

  #keep(key: string, value: Promise<ConfigValue>): void {
    this.#kept.set(key, value);
    // A file that is broken stays so; one that could not be read may be read the next time.
    value.catch((error: unknown) => {
      if (!(error instanceof AxiumError && error.code === 'invalid')) this.#kept.delete(key);
    });
    const [oldest = ''] = this.#kept.keys();
    if (this.#kept.size > MAX_KEPT) this.#kept.delete(oldest);
  }
}
