import type { CommandTarget } from '../../schemas/decision.ts';

/**
 * True where a command is one of those that a list like `git push --force` means, whatever else stands between its words:
 * the program by any name that it has, its plain words in this order, its options anywhere, letters of short options in any
 * grouping, and long options in any shortening, since most programs take `--har` for `--hard`. It matches too much rather than too little, since all it does is to have a person asked.
 */
export function isDestructive(
  words: readonly string[],
  { argv, names, realNames = [] }: CommandTarget,
): boolean {
  const [program = '', ...rest] = words;
  if (![...names, ...realNames].some((name) => name === program || name.endsWith(`/${program}`)))
    return false;
  const given = argv.slice(1);
  const plain = given.filter((word) => !word.startsWith('-'));
  let from = 0;
  return rest.every((word) => {
    if (word.startsWith('-')) return hasOption(given, word);
    from = plain.indexOf(word, from) + 1;
    return from > 0;
  });
}

function hasOption(given: readonly string[], option: string): boolean {
  if (option.startsWith('--')) return given.some((word) => isShortened(word.replace(/=.*/s, ''), option));
  const letters = given.filter((word) => /^-[^-]/.test(word)).join('');
  return [...option.slice(1)].every((letter) => letters.includes(letter));
}

function isShortened(word: string, option: string): boolean {
  return word.length > 2 && option.startsWith(word);
}
