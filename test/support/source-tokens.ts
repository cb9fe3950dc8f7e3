/** A word (a name or keyword), the text of a string, or any other mark of a program. */
export interface Token {
  readonly kind: 'word' | 'text' | 'mark';
  readonly text: string;
}

const WORD = /[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*/uy;
const NUMBER = /\d[\w.]*/y;
const REGEX = /\/(?![*/])(?:[^\\/[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;
/** After these a slash begins a regular expression; after any other word, a number or a bracket it divides. */
const BEFORE_REGEX = new Set([
  'return',
  'typeof',
  'case',
  'in',
  'of',
  'delete',
  'void',
  'throw',
  'new',
  'do',
  'else',
  'await',
]);

/** The words, texts and marks of a TypeScript or JavaScript source, without comments and regular expressions. */
export function* tokensOf(source: string): Generator<Token> {
  let at = 0;
  let last: Token | null = null;
  /** How many braces are open in each template that is being read. */
  const templates: number[] = [];
  const take = (pattern: RegExp): string | null => {
    pattern.lastIndex = at;
    return pattern.exec(source)?.[0] ?? null;
  };
  while (at < source.length) {
    const character = source[at] ?? '';
    const two = source.slice(at, at + 2);
    if (two === '//' || (at === 0 && two === '#!')) {
      at = endOf(source, '\n', at);
      continue;
    }
    if (two === '/*') {
      at = endOf(source, '*/', at + 2);
      continue;
    }
    if (/\s/.test(character)) {
      at += 1;
      continue;
    }
    const depth = templates.at(-1);
    if (character === '`' || (character === '}' && depth === 0)) {
      if (character === '}') templates.pop();
      const { end, text, opens } = readTemplate(source, at + 1);
      at = end;
      if (opens) templates.push(0);
      // A template that holds nothing else is a text like any other.
      last = { kind: character === '`' && !opens ? 'text' : 'mark', text };
      yield last;
      continue;
    }
    if (character === "'" || character === '"') {
      const end = endOfText(source, at);
      last = { kind: 'text', text: source.slice(at + 1, end - 1) };
      at = end;
      yield last;
      continue;
    }
    const divides: boolean =
      last !== null &&
      (last.kind === 'text' ||
        /^(?:[)\]]|\d.*)$/.test(last.text) ||
        (last.kind === 'word' && !BEFORE_REGEX.has(last.text)));
    const regex: string | null = character === '/' && !divides ? take(REGEX) : null;
    const word = take(WORD);
    const text: string = regex ?? word ?? take(NUMBER) ?? take(/\.\.\.|\?\./y) ?? character;
    at += text.length;
    if (text === '{' && depth !== undefined) templates[templates.length - 1] = depth + 1;
    if (text === '}' && depth !== undefined) templates[templates.length - 1] = depth - 1;
    last = { kind: word !== null && regex === null ? 'word' : 'mark', text: regex === null ? text : ')' };
    if (regex === null) yield last;
  }
}

function endOf(source: string, mark: string, from: number): number {
  const end = source.indexOf(mark, from);
  return end < 0 ? source.length : end + mark.length;
}

function endOfText(source: string, start: number): number {
  let at = start + 1;
  while (at < source.length && source[at] !== source[start]) at += source[at] === '\\' ? 2 : 1;
  return at + 1;
}

/** Reads a template up to its end or to the next `${`. */
function readTemplate(source: string, start: number): { end: number; text: string; opens: boolean } {
  let at = start;
  while (at < source.length && source[at] !== '`' && source.slice(at, at + 2) !== '${') {
    at += source[at] === '\\' ? 2 : 1;
  }
  const opens = source[at] === '$';
  return { end: at + (opens ? 2 : 1), text: source.slice(start, at), opens };
}
