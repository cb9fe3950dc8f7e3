import {
  type Document,
  isCollection,
  isMap,
  isPair,
  isScalar,
  isSeq,
  Lexer,
  type Pair,
  type ParsedNode,
  parseDocument,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';

/** A YAML text with the tree that was read from it: each node knows its bytes, so that the others can stay as they are. */
export interface YamlSource {
  readonly text: string;
  readonly document: Document.Parsed<ParsedNode>;
  /** How lines end in this file. */
  readonly newline: '\n' | '\r\n';
  /** Blanks by which a level is indented, and whether a list is indented below its key. */
  readonly indent: number;
  readonly indentsLists: boolean;
}

export function readSource(text: string): YamlSource {
  const first = /^( +)[^\s#]/m.exec(text)?.[1]?.length ?? 2;
  return {
    text,
    document: parseDocument(text, { logLevel: 'silent' }) as YamlSource['document'],
    newline: /\r\n/.test(text) ? '\r\n' : '\n',
    indent: Math.min(Math.max(first, 2), 8),
    indentsLists: !/^( *)[^\s#-][^\n]*:[ \t]*\r?\n(?:[ \t]*(?:#[^\n]*)?\n)*\1- /m.test(text),
  };
}

/** What a text says, as plain data; a text that says nothing is an empty map. */
export function dataOf({ document }: YamlSource): Record<string, unknown> {
  return (document.toJS() ?? {}) as Record<string, unknown>;
}

/** Where the line begins in which this place is. */
export function lineStart(text: string, at: number): number {
  const start = at === 0 ? 0 : text.lastIndexOf('\n', at - 1) + 1;
  // The mark by which some editors begin a file is no column of its first line.
  return start === 0 && text.startsWith('\ufeff') ? 1 : start;
}

/** Where that line ends, before the characters that end it. */
export function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  if (end < 0) return text.length;
  return text[end - 1] === '\r' && end > at ? end - 1 : end;
}

/** The place behind the end of that line: where the next one begins. */
export function nextLine(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end + 1;
}

/** Where what a node says begins. */
export function startOf(node: unknown): number {
  if (isPair(node)) return startOf(node.key);
  return (node as ParsedNode).range[0];
}

/** Where what a node says ends: before comments, blanks and the end of the line. */
export function endOf({ text }: Pick<YamlSource, 'text'>, node: unknown): number {
  if (isPair(node))
    return isBlank(node) ? text.indexOf(':', endOf({ text }, node.key)) + 1 : endOf({ text }, node.value);
  const { range } = node as ParsedNode;
  if (isCollection(node) && node.flow !== true) {
    const last = node.items.at(-1);
    if (last !== undefined) return endOf({ text }, last);
  }
  // A text of several lines ends with its last character, and not with the end of its line.
  return range[0] + text.slice(range[0], range[1]).trimEnd().length;
}

function isBlank({ value }: Pair): boolean {
  return value === null || (isScalar(value) && value.value === null && value.source === '');
}

/** The pair under a key of a map. */
export function pairOf(map: unknown, key: string): Pair | undefined {
  if (!isMap(map)) return undefined;
  return map.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === key);
}

/** What stands at one part of a path: under a key of a map, or at a place of a list. */
export function step(node: unknown, part: string | number | undefined): unknown {
  if (typeof part === 'number') return isSeq(node) ? node.items[part] : undefined;
  return pairOf(node, part ?? '')?.value ?? undefined;
}

/** Whether a collection stands in brackets or braces. */
export function isFlow(node: YAMLMap | YAMLSeq): boolean {
  return node.flow === true;
}

export interface Comment {
  readonly at: number;
  readonly text: string;
}

/** Every comment of a text, in order. */
export function commentsIn(text: string): readonly Comment[] {
  const comments: Comment[] = [];
  let at = 0;
  let before = '';
  for (const lexeme of new Lexer().lex(text)) {
    // The lexer says by single control characters what the next lexeme is, which are not in the text.
    if (lexeme.startsWith('#') && before !== SCALAR) comments.push({ at, text: lexeme.trimEnd() });
    if (!MARKS.has(lexeme)) at += lexeme.length;
    before = lexeme;
  }
  return comments;
}

const SCALAR = '\u001f';
const MARKS: ReadonlySet<string> = new Set([SCALAR, '\u0002', '\u0018']);
