import { userInfo } from 'node:os';
import { resolve } from 'node:path';
import { homeOf, type Places, placesFor } from '../schemas/places.ts';
import { openOutput } from './output.ts';

/** What a command is given of the world: where things lie, and where its words go. */
export interface Context {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly places: Places;
  /** The directory of the installed package. */
  readonly root: string;
  /** Writes to standard output; rejects with EPIPE once nobody reads it. */
  readonly print: (text: string) => Promise<void>;
  /** Writes to standard error. */
  readonly remark: (text: string) => void;
}

export function openContext(): Context {
  const home = homeOf(process.env, () => userInfo().homedir);
  return {
    env: process.env,
    home,
    places: placesFor(process.env, home),
    // From dist/cli/ up to the package.
    root: resolve(import.meta.dirname, '../..'),
    print: openOutput(1, () => process.stdout),
    remark: openRemarks(),
  };
}

/** What writes to standard error, whether anybody reads that or not. */
export function openRemarks(): Context['remark'] {
  const write = openOutput(2, () => process.stderr);
  return (text) => void write(text).catch(() => {});
}
