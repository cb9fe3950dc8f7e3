import {
  Composer,
  type CST,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Node,
  Parser,
  type Scalar,
} from 'yaml';
import type { Origin } from '../../schemas/decision.ts';
import { codeFrame, InvalidFile, type Problem, visible, wholeFile } from './problem.ts';

export type YamlPath = readonly (string | number)[];

/** A YAML file read into plain data that still knows where each part of it is written. */
export interface YamlDocument {
  /** Plain data: null, booleans, numbers, strings, arrays, and objects without a prototype of their own. */
  readonly value: unknown;
  /** Where the value at a path is written, or the nearest part around it that is there. */
  readonly locate: (path: YamlPath) => Origin;
  /** Where the key at the end of a path is written. */
  readonly locateKey: (path: YamlPath) => Origin;
  /** The number, or `true` or `false`, at a path as it is written; null for anything else. */
  readonly written: (path: YamlPath) => string | null;
  readonly problemAt: (origin: Origin, message: string) => Problem;
}

const MAX_DEPTH = 16;
/** Tokens that the parser has open at once; a level of nesting takes at most three. */
const MAX_STACK = 3 * MAX_DEPTH + 4;
/** More than anybody mends in one go. */
const MAX_PROBLEMS = 20;

/**
 * Parses one YAML 1.2 document of the plain kind: no aliases, no tags, no key twice, nothing but text as a key. All
 * problems are thrown at once, as InvalidFile. An empty document is `{}`.
 */
export function parseYaml(file: string, text: string): YamlDocument {
  const counter = new LineCounter();
  const lines = text.split(/\r?\n/);
  const originAt = (offset: number): Origin => {
    const { line, col } = counter.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const problemAt = (origin: Origin, message: string): Problem => ({
    origin,
    message: visible(message),
    frame: codeFrame(lines, origin.line, origin.column),
  });
  const refuseAt = (offset: number, message: string) =>
    new InvalidFile([problemAt(originAt(offset), message)]);
  const document = parse(file, text, counter, refuseAt);
  if (document.errors.length > 0) {
    throw new InvalidFile(
      document.errors
        .slice(0, MAX_PROBLEMS)
        .map((error) => problemAt(originAt(error.pos[0]), syntaxProblem(error.message))),
    );
  }
  const { value, places, keys, written, refused } = readNode(document.contents);
  if (refused.length > 0) {
    throw new InvalidFile(
      refused.slice(0, MAX_PROBLEMS).map(({ offset, message }) => problemAt(originAt(offset), message)),
    );
  }
  const find = (index: ReadonlyMap<string, number>, path: YamlPath): Origin => {
    for (let length = path.length; length >= 0; length -= 1) {
      const offset = (length === path.length ? index : places).get(JSON.stringify(path.slice(0, length)));
      if (offset !== undefined) return originAt(offset);
    }
    return { file, line: 1, column: 1 };
  };
  return {
    value: value ?? {},
    locate: (path) => find(places, path),
    locateKey: (path) => find(keys, path),
    written: (path) => written.get(JSON.stringify(path)) ?? null,
    problemAt,
  };
}

/**
 * The library's own steps, with a look at the depth between them: the later ones recurse, and a file of nothing but
 * brackets would take the whole process down with the stack. It ends at the twentieth error, each of which takes longer
 * to make than a thousand characters to read. The library's check for keys that come twice is off because it is
 * quadratic; readNode has one of its own.
 */
function parse(
  file: string,
  text: string,
  lineCounter: LineCounter,
  refuseAt: (offset: number, message: string) => InvalidFile,
): Document.Parsed {
  const parser = new Parser(lineCounter.addNewLine);
  lineCounter.addNewLine(0);
  const tokens: CST.Token[] = [];
  let errors = 0;
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) {
      tokens.push(token);
      if (token.type === 'error') errors += 1;
    }
    if (parser.stack.length > MAX_STACK) throw refuseAt(parser.offset, 'this is nested too deeply');
    if (errors >= MAX_PROBLEMS) break;
  }
  tokens.push(...parser.end());
  const composer = new Composer({ uniqueKeys: false, logLevel: 'silent', schema: 'core' });
  stopAtMany(composer, refuseAt);
  const [document, second] = composer.compose(tokens, true, text.length);
  if (!document) throw new InvalidFile([wholeFile(file, 'this is not a YAML document')]);
  if (second)
    throw refuseAt(second.range[0], 'expected one YAML document; found another one, divided by ---');
  return document;
}

type Report = (
  source: number | readonly [number, number] | { readonly offset: number },
  code: string,
  message: string,
  warning?: boolean,
) => void;

/** Has the library report its errors as always, and throws all of them in the place of one too many. */
function stopAtMany(composer: Composer, refuseAt: (offset: number, message: string) => InvalidFile): void {
  // The one place through which it reports what it finds in a document; it offers no bound of its own.
  const report = Reflect.get(composer, 'onError') as Report;
  const found: Problem[] = [];
  const onError: Report = (source, ...rest) => {
    const offset = typeof source === 'number' ? source : 'offset' in source ? source.offset : source[0];
    found.push(...refuseAt(offset, syntaxProblem(rest[1])).problems);
    if (found.length >= MAX_PROBLEMS) throw new InvalidFile(found);
    report(source, ...rest);
  };
  Reflect.set(composer, 'onError', onError);
}

interface Reading {
  readonly value: unknown;
  readonly places: Map<string, number>;
  readonly keys: Map<string, number>;
  readonly written: Map<string, string>;
  readonly refused: { offset: number; message: string }[];
}

function readNode(root: unknown): Reading {
  const reading = {
    places: new Map<string, number>(),
    keys: new Map<string, number>(),
    written: new Map<string, string>(),
    refused: [] as Reading['refused'],
  };
  const refuse = (node: Node | null | undefined, message: string) => {
    reading.refused.push({ offset: node?.range?.[0] ?? 0, message });
    return null;
  };
  const read = (node: Node | null | undefined, path: YamlPath): unknown => {
    if (!node) return null;
    reading.places.set(JSON.stringify(path), node.range?.[0] ?? 0);
    if (path.length > MAX_DEPTH) return refuse(node, 'this is nested too deeply');
    if (isAlias(node)) return refuse(node, 'aliases (*name) are not taken here; write the value out');
    if (node.tag !== undefined)
      return refuse(node, `tags (${node.tag}) are not taken here; write the plain value`);
    if (node.anchor !== undefined) return refuse(node, ANCHOR);
    if (isScalar(node)) {
      if (typeof node.value === 'number' || typeof node.value === 'boolean')
        reading.written.set(JSON.stringify(path), node.source ?? String(node.value));
      return node.value;
    }
    if (isSeq<Node>(node)) return node.items.map((item, index) => read(item, [...path, index]));
    return isMap<Node, Node | null>(node) ? readMap(node, path) : null;
  };
  const readMap = (node: { items: { key: Node; value: Node | null }[] }, path: YamlPath) => {
    const object: Record<string, unknown> = {};
    for (const { key, value } of node.items) {
      const name = isScalar(key) && isPlainKey(key) ? String(key.value) : null;
      if (name === null) refuse(key, 'expected plain text as a key');
      else if (name === '__proto__') refuse(key, "unknown key '__proto__'");
      else if (Object.hasOwn(object, name)) refuse(key, `the key '${name}' is here twice`);
      else {
        reading.keys.set(JSON.stringify([...path, name]), key.range?.[0] ?? 0);
        object[name] = read(value, [...path, name]);
      }
    }
    return object;
  };
  return { value: read(root as Node | null, []), ...reading };
}

function isPlainKey({ value, tag, anchor }: Scalar): boolean {
  return (
    (typeof value === 'string' || typeof value === 'number') && tag === undefined && anchor === undefined
  );
}

const ANCHOR = 'anchors (&name) are not taken here';

/** What the library says of a text that is no YAML, in one line, and what to do where that is not said by it. */
function syntaxProblem(message: string): string {
  const line = message.split('\n')[0] ?? message;
  return /^Tabs? /.test(line) ? `${line}; use blanks` : line;
}
