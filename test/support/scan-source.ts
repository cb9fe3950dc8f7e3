import { localRanges } from './local-names.ts';
import { type Token, tokensOf } from './source-tokens.ts';

/** One import of a file: where from, and what is taken. */
export interface Import {
  /** Null where it is computed, so that nobody can tell. */
  readonly from: string | null;
  /** True for `import type` and `export type`: nothing of it is there when the code runs. */
  readonly typeOnly: boolean;
  /** The names that are taken as values; `*` stands for all of it. */
  readonly values: readonly string[];
}

/** What a TypeScript or JavaScript file imports, in whatever form, as far as its text tells. */
export function scanImports(source: string): Import[] {
  const tokens = [...tokensOf(source)];
  return tokens.flatMap((token, index) => {
    if (token.kind !== 'word' || isMember(tokens, index)) return [];
    const found = token.text === 'import' || token.text === 'export' ? readClause(tokens, index) : null;
    if (found) return [found];
    return token.text === 'require' && tokens[index + 1]?.text === '(' ? [call(tokens[index + 2])] : [];
  });
}

/** True where the file uses a global of this name, and not only a property, a key or a variable that is called like it. */
export function usesGlobal(source: string, name: string): boolean {
  const tokens = [...tokensOf(source)];
  const local = localRanges(tokens, name);
  return tokens.some(({ kind, text }, index) => {
    if (kind !== 'word' || text !== name) return false;
    if (local.some(({ from, to }) => from <= index && index <= to)) return false;
    if (isMember(tokens, index)) return tokens[index - 2]?.text === 'globalThis';
    const [before, after] = [tokens[index - 1]?.text ?? '', tokens[index + 1]?.text ?? ''];
    const isKey = after === ':' && ['{', ',', ';', 'readonly', '}'].includes(before);
    return (
      !isKey && !(after === '?' && tokens[index + 2]?.text === ':' && ['{', ';', 'readonly'].includes(before))
    );
  });
}

function isMember(tokens: readonly Token[], index: number): boolean {
  const before = tokens[index - 1]?.text;
  return before === '.' || before === '?.' || before === '#';
}

function readClause(tokens: readonly Token[], start: number): Import | null {
  const isImport = tokens[start]?.text === 'import';
  const next = tokens[start + 1];
  if (isImport && next?.kind === 'text') return { from: next.text, typeOnly: false, values: [] };
  if (isImport && next?.text === '(') return call(tokens[start + 2]);
  if (isImport && next?.text === '.') return null;
  if (!isImport && !['{', '*', 'type'].includes(next?.text ?? '')) return null;
  let end = start + 1;
  // A clause is words, commas, stars and one pair of braces; whatever else comes first ends the search.
  while (
    tokens[end] &&
    tokens[end]?.kind !== 'text' &&
    !['=', ';', '(', ':'].includes(tokens[end]?.text ?? '')
  ) {
    if (tokens[end]?.text === 'from' && tokens[end + 1]?.kind === 'text') break;
    end += 1;
  }
  const from = tokens[end]?.text === 'from' ? tokens[end + 1] : undefined;
  if (from?.kind !== 'text') return null;
  const clause = tokens.slice(start + 1, end).map(({ text }) => text);
  const typeOnly = clause[0] === 'type' && clause.length > 1 && clause[1] !== ',';
  return { from: from.text, typeOnly, values: typeOnly ? [] : valuesOf(clause) };
}

function call(argument: Token | undefined): Import {
  return { from: argument?.kind === 'text' ? argument.text : null, typeOnly: false, values: ['*'] };
}

/** The names of a clause without those that are marked as types. */
function valuesOf(clause: readonly string[]): string[] {
  const open = clause.indexOf('{');
  const outside = open < 0 ? clause : clause.slice(0, open);
  const whole = outside.includes('*') ? ['*'] : outside.filter((word) => word !== ',').map(() => 'default');
  const listed =
    open < 0
      ? []
      : clause
          .slice(open + 1, clause.indexOf('}'))
          .join(' ')
          .split(',');
  const names = listed
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '' && !/^type \S/.test(entry));
  return [...whole, ...names.map((entry) => entry.split(' ')[0] ?? '')];
}
