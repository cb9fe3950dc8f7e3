import type { CommandTarget } from '../../schemas/decision.ts';
import { beginsWith, runsAnything, subcommandOf } from './grant-pattern.ts';

/** Every command of one principal that begins with these words. */
export interface Lasting {
  readonly principal: string;
  readonly words: readonly string[];
  /**
   * Present where these words were destructive when a person said yes to them, and so what is destructive is covered too.
   * Of a principal that is no person it says nothing.
   */
  readonly destructive?: true;
}

/** Those entries of `people.destructive`, as `rm -rf`, that a command is one of by now; none where it is not destructive. */
export type DestructiveBy = (target: CommandTarget) => readonly string[];

/** Words of one grant: as many as its file takes back, and as are looked through for those that are destructive. */
export const MAX_WORDS = 256;

/**
 * What a yes that lasts would cover, and all that it is ever going to: the program by its path and its subcommand where there
 * is one; of a destructive command, all its first words up to those that make it so. Null where there is no such yes: for
 * what runs anything, and for what is destructive unless a person asks for themselves and its first words are few enough.
 */
export function lastingOf(
  principal: string,
  target: CommandTarget,
  destructiveBy: DestructiveBy,
): Lasting | null {
  if (target.missing || runsAnything(target)) return null;
  const entries = destructiveBy(target);
  const subcommand = subcommandOf(target);
  if (entries.length === 0) return { principal, words: subcommand };
  if (!isPerson(principal)) return null;
  const words = firstWords(target, subcommand.length, (first) => isAll(entries, destructiveBy(first)));
  return words && { principal, words, destructive: true };
}

/**
 * True where a yes that lasts covers this command of this principal. One to `git push` was none to `git push --force`, one
 * to `rm -r` is none once that is destructive, and one to a program is none to the shell that has its name by now. What has
 * become destructive in a way in which the words of the yes are not is asked about, whatever they were given for.
 */
export function covers(
  lasting: Lasting,
  principal: string,
  target: CommandTarget,
  destructiveBy: DestructiveBy,
): boolean {
  if (lasting.principal !== principal || !beginsWith(lasting.words, target) || runsAnything(target))
    return false;
  const entries = destructiveBy(target);
  if (entries.length === 0) return true;
  return coversDestructive(lasting) && isAll(entries, destructiveBy({ ...target, argv: lasting.words }));
}

/** A file that was written by hand can say it of a spoke as well. */
export function coversDestructive({ principal, destructive }: Lasting): boolean {
  return destructive === true && isPerson(principal);
}

/** The fewest words, from `least` on, with which a command begins and that are enough. */
function firstWords(
  target: CommandTarget,
  least: number,
  isEnough: (first: CommandTarget) => boolean,
): readonly string[] | null {
  for (let count = least; count <= Math.min(target.argv.length, MAX_WORDS); count += 1) {
    const argv = target.argv.slice(0, count);
    if (isEnough({ ...target, argv })) return argv;
  }
  return null;
}

function isAll(wanted: readonly string[], found: readonly string[]): boolean {
  return wanted.every((entry) => found.includes(entry));
}

function isPerson(principal: string): boolean {
  return principal.startsWith('user:');
}
