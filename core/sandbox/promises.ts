import type { Level } from './sandbox.ts';

/**
 * What each level does not promise to hold, in the words of the canary. Whatever else the canary gets through with is a
 * promise broken, and the level is not taken.
 */
export const NOT_PROMISED: Readonly<Record<Exclude<Level, 'none'>, ReadonlySet<string>>> = {
  strong: new Set(),
  // Landlock does not cover metadata.
  kernel: new Set(['see that a file is there']),
  // Node's model knows files and processes, and nothing of sockets or signals.
  seatbelt: new Set([
    'connect over TCP',
    'connect to a unix socket',
    'connect to an abstract socket',
    'listen for connections',
    'signal the daemon',
  ]),
};
