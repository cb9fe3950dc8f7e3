import type { Call, CommandRow } from './commands.ts';

/**
 * The command that words call which are nothing but its own words, as many arguments as it takes, and `--json` behind them:
 * most calls are that, and to load the parser of the command line takes longer than such a command. Null where the parser
 * has to judge.
 */
export function plainCall(
  rows: readonly CommandRow[],
  words: readonly string[],
): { readonly row: CommandRow; readonly call: Call } | null {
  const json = words.at(-1) === '--json';
  const plain = json ? words.slice(0, -1) : words;
  if (plain.some((word) => word === 'help' || !/^[^-]/.test(word))) return null;
  for (const row of rows) {
    const usage = row.usage.split(' ');
    const names = usage.filter((word) => /^[a-z]/.test(word));
    if (names.some((name, at) => plain[at] !== name)) continue;
    const needed = usage.filter((word) => !word.startsWith('[')).length;
    const options = row.options ?? [];
    const fits =
      plain.length >= needed &&
      plain.length <= usage.length &&
      !row.usage.includes('...') &&
      !options.some(({ required }) => required) &&
      (!json || options.some(({ flags }) => flags === '--json'));
    return fits ? { row, call: { args: plain.slice(names.length), options: json ? { json } : {} } } : null;
  }
  return null;
}
