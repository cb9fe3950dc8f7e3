import { isMap, isScalar, isSeq, type YAMLMap, type YAMLSeq } from 'yaml';
import {
  commentsIn,
  dataOf,
  endOf,
  lineEnd,
  lineStart,
  nextLine,
  pairOf,
  readSource,
  startOf,
  type YamlSource,
} from './yaml-source.ts';
import { blockLines, flowText, type YamlValue } from './yaml-write.ts';

export type YamlPath = readonly (string | number)[];

/** One change to what a file says. What becomes empty by a removal is removed as well, all the way up. */
export type YamlEdit =
  | { readonly do: 'add'; readonly path: readonly string[]; readonly item: YamlValue }
  | { readonly do: 'set'; readonly path: YamlPath; readonly value: YamlValue }
  | { readonly do: 'remove'; readonly path: YamlPath };

/** The file is written in a form in which this cannot be changed without touching more than was asked for. */
export class NotSurgical extends Error {}

/**
 * Makes changes in a text so that everything else stays byte for byte: comments, order, indentation and ends of lines. A
 * comment on what is removed stays, on a line of its own. Throws NotSurgical where the result would say anything but what
 * was asked for; it is read again to know.
 */
export function editYaml(text: string, edits: readonly YamlEdit[]): string {
  return edits.reduce(editOnce, text);
}

function editOnce(text: string, edit: YamlEdit): string {
  const source = readSource(text);
  const expected = editData(dataOf(source), edit);
  const changed = edit.do === 'remove' ? removed(source, edit.path) : put(source, edit);
  const result = withComments(text, changed);
  const after = readSource(result);
  if (after.document.errors.length > 0 || !isSame(dataOf(after), expected)) throw new NotSurgical();
  if (!keepsComments(text, result)) throw new NotSurgical();
  return result;
}

/** A piece of a text and what comes in its place; comments of the piece go onto lines of their own behind `keepAt`. */
interface Splice {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

interface Changed {
  /** In the order of the text, without overlaps. */
  readonly splices: readonly Splice[];
  /** Where comments that would be lost are kept: the start of a line, and how far it is indented. */
  readonly keepAt: number;
  readonly column: number;
  readonly newline: string;
}

function withComments(text: string, { splices, keepAt, column, newline }: Changed): string {
  const lost = commentsIn(text).filter(({ at }) => splices.some(({ from, to }) => at >= from && at < to));
  const kept = lost.map((comment) => `${' '.repeat(column)}${comment.text}${newline}`).join('');
  let result = '';
  let at = 0;
  let isKept = kept === '';
  for (const { from, to, text: put } of splices) {
    if (!isKept && keepAt <= from) {
      result += text.slice(at, keepAt) + kept;
      at = keepAt;
      isKept = true;
    }
    result += text.slice(at, from) + put;
    at = to;
  }
  if (isKept) return result + text.slice(at);
  const place = Math.max(at, keepAt);
  const before = result + text.slice(at, place);
  const gap = before === '' || before.endsWith('\n') ? '' : newline;
  // At the end of a file without a last newline there still is none.
  const tail = text.slice(place);
  return gap !== '' && tail === ''
    ? `${before}${gap}${kept.slice(0, -newline.length)}`
    : before + gap + kept + tail;
}

/** How an `add` or a `set` changes the text. */
function put(source: YamlSource, edit: Exclude<YamlEdit, { do: 'remove' }>): Changed {
  const { document, text } = source;
  let node: unknown = document.contents;
  let depth = 0;
  for (; depth < edit.path.length; depth += 1) {
    const next = step(node, edit.path[depth]);
    if (next === undefined) break;
    node = next;
  }
  if (depth === edit.path.length) {
    if (edit.do === 'set') return replaced(source, node, edit.value, edit.path);
    if (!isSeq(node)) throw new NotSurgical();
    return withItem(source, node, edit.item);
  }
  const rest = edit.path.slice(depth);
  const [key, ...inner] = rest;
  if (typeof key !== 'string') throw new NotSurgical();
  const value = inner.reduceRight<YamlValue>(
    (deeper, part) => ({ [String(part)]: deeper }),
    edit.do === 'add' ? [edit.item] : edit.value,
  );
  if (depth === 0 && !isMap(node)) {
    if (node !== null && !(isScalar(node) && node.value === null)) throw new NotSurgical();
    return atEnd(source, 0, key, value);
  }
  if (!isMap(node)) throw new NotSurgical();
  if (isFlow(node)) return inFlow(source, node, `${flowText(key)}: ${flowText(value)}`);
  const column = columnOf(text, startOf(node.items[0]));
  if (depth === 0) return atEnd(source, column, key, value);
  return lines(source, lineEnd(text, endOf(source, node)), blockLines(source, column, key, value));
}

function step(node: unknown, part: string | number | undefined): unknown {
  if (typeof part === 'number') return isSeq(node) ? node.items[part] : undefined;
  return pairOf(node, part ?? '')?.value ?? undefined;
}

function isFlow(node: YAMLMap | YAMLSeq): boolean {
  return node.flow === true;
}

function withItem(source: YamlSource, seq: YAMLSeq, item: YamlValue): Changed {
  if (isFlow(seq)) return inFlow(source, seq, flowText(item));
  const column = columnOf(source.text, startOf(seq));
  const line = `${' '.repeat(column)}- ${flowText(item)}`;
  return lines(source, lineEnd(source.text, endOf(source, seq)), [line]);
}

/** One more part of a collection in brackets or braces. */
function inFlow(source: YamlSource, node: YAMLMap | YAMLSeq, part: string): Changed {
  const last = node.items.at(-1);
  if (last === undefined) return insertion(source, startOf(node) + 1, part);
  return insertion(source, endOf(source, last), `, ${part}`);
}

/** Whole lines behind the line that ends here. */
function lines(source: YamlSource, at: number, added: readonly string[]): Changed {
  return insertion(source, at, added.map((line) => source.newline + line).join(''));
}

/** A new section, after everything else and before the mark of the end where there is one. */
function atEnd(source: YamlSource, column: number, key: string, value: YamlValue): Changed {
  const { text, newline } = source;
  const mark = /^\.\.\.(?=[ \t]*(?:#.*)?\r?$)/m.exec(text);
  const at = mark?.index ?? text.length;
  const added = blockLines(source, column, key, value).join(newline);
  if (mark) return insertion(source, at, added + newline);
  if (text === '' || text === '\ufeff') return insertion(source, at, added + newline);
  return insertion(source, at, text.endsWith('\n') ? added + newline : newline + added);
}

function insertion({ newline }: YamlSource, at: number, text: string): Changed {
  return { splices: [{ from: at, to: at, text }], keepAt: at, column: 0, newline };
}

/** Another value in the place of one. */
function replaced(source: YamlSource, node: unknown, value: YamlValue, path: YamlPath): Changed {
  const { text, newline } = source;
  const [from, to] = [startOf(node), endOf(source, node)];
  const collection = isMap(node) || isSeq(node);
  if (!collection || isFlow(node) || typeof path.at(-1) === 'number') {
    const column = columnOf(text, firstOnLine(text, from));
    return { splices: [{ from, to, text: flowText(value) }], keepAt: nextLine(text, to), column, newline };
  }
  // The lines of a list below its key become a value behind the key.
  const parent = path.slice(0, -1).reduce<unknown>(step, source.document.contents);
  const pair = pairOf(parent, String(path.at(-1)));
  if (!pair) throw new NotSurgical();
  const colon = text.indexOf(':', endOf(source, pair.key)) + 1;
  const [begin, end] = [lineStart(text, from), nextLine(text, to)];
  if (begin < colon) throw new NotSurgical();
  return {
    splices: [
      { from: colon, to: colon, text: ` ${flowText(value)}` },
      { from: wholeLinesFrom(text, begin, end), to: end, text: '' },
    ],
    keepAt: end,
    column: columnOf(text, from),
    newline,
  };
}

/** How a removal changes the text; what holds nothing else goes with it. */
function removed(source: YamlSource, path: YamlPath): Changed {
  const { document, text, newline } = source;
  const parents: unknown[] = [document.contents];
  for (const part of path.slice(0, -1)) parents.push(step(parents.at(-1), part));
  let depth = path.length - 1;
  while (depth > 0 && sizeOf(parents[depth]) === 1) depth -= 1;
  const parent = parents[depth];
  if (!isMap(parent) && !isSeq(parent)) throw new NotSurgical();
  const index = isSeq(parent)
    ? Number(path[depth])
    : parent.items.indexOf(pairOf(parent, String(path[depth])) as (typeof parent.items)[number]);
  const item = parent.items[index];
  if (item === undefined) throw new NotSurgical();
  const [from, to] = [startOf(item), endOf(source, item)];
  if (isFlow(parent)) return fromFlow(source, parent, index, { from, to });
  const [begin, end] = [lineStart(text, from), nextLine(text, to)];
  if (!/^\s*(?:- *)?$/.test(text.slice(begin, from))) throw new NotSurgical();
  const column = columnOf(text, firstOnLine(text, from));
  return {
    splices: [{ from: wholeLinesFrom(text, begin, end), to: end, text: '' }],
    keepAt: end,
    column,
    newline,
  };
}

/** Where to cut whole lines: the last line of a file without a last newline takes the end of the line before along. */
function wholeLinesFrom(text: string, begin: number, end: number): number {
  return end === text.length && !text.endsWith('\n') && begin > 0
    ? lineEnd(text, lineStart(text, begin - 1))
    : begin;
}

/** Without one part of a collection in brackets or braces, and without the comma that divided it from the next. */
function fromFlow(
  source: YamlSource,
  { items }: YAMLMap | YAMLSeq,
  index: number,
  { from, to }: { readonly from: number; readonly to: number },
): Changed {
  const { text, newline } = source;
  const at = { keepAt: to, column: 0, newline };
  const next = items[index + 1];
  const before = items[index - 1];
  if (next === undefined && before === undefined) return { splices: [{ from, to, text: '' }], ...at };
  if (next !== undefined) {
    const comma = commaBetween(text, to, startOf(next));
    const blanks = /^ */.exec(text.slice(comma + 1))?.[0].length ?? 0;
    if (text.slice(to, comma).trim() === '')
      return { splices: [{ from, to: comma + 1 + blanks, text: '' }], ...at };
    return {
      splices: [
        { from, to, text: '' },
        { from: comma, to: comma + 1, text: '' },
      ],
      ...at,
    };
  }
  const end = endOf(source, before);
  const comma = commaBetween(text, end, from);
  if (text.slice(comma + 1, from).trim() === '' && !text.slice(comma, from).includes('\n'))
    return { splices: [{ from: comma, to, text: '' }], ...at };
  return {
    splices: [
      { from: comma, to: comma + 1, text: '' },
      { from, to, text: '' },
    ],
    ...at,
  };
}

function commaBetween(text: string, from: number, to: number): number {
  const inComment = commentsIn(text);
  for (let at = text.indexOf(',', from); at >= 0 && at < to; at = text.indexOf(',', at + 1)) {
    if (!inComment.some((comment) => at >= comment.at && at < comment.at + comment.text.length)) return at;
  }
  throw new NotSurgical();
}

function sizeOf(node: unknown): number {
  return isMap(node) || isSeq(node) ? node.items.length : 0;
}

function columnOf(text: string, at: number): number {
  return at - lineStart(text, at);
}

function firstOnLine(text: string, at: number): number {
  const start = lineStart(text, at);
  return start + (/^ */.exec(text.slice(start, at))?.[0].length ?? 0);
}

type Data = Record<string, unknown> | unknown[];

/** The same change made to plain data: what the text has to say afterwards. */
export function editData(data: Record<string, unknown>, edit: YamlEdit): Record<string, unknown> {
  const copy = structuredClone(data);
  const [last, ...above] = edit.path.toReversed();
  const way = above.toReversed();
  if (last === undefined) return copy;
  if (edit.do === 'remove') {
    const chain: Data[] = [copy];
    for (const part of way) chain.push(Reflect.get(chain.at(-1) ?? {}, part) as Data);
    for (let depth = chain.length - 1; depth >= 0; depth -= 1) {
      const at = chain[depth] as Data;
      const part = edit.path[depth] as string | number;
      if (Array.isArray(at)) at.splice(Number(part), 1);
      else delete at[part];
      if (Object.keys(at).length > 0) break;
    }
    return copy;
  }
  const parent = way.reduce<Data>((at, part) => {
    if (Reflect.get(at, part) === undefined) Reflect.set(at, part, {});
    return Reflect.get(at, part) as Data;
  }, copy);
  const before: unknown = Reflect.get(parent, last);
  if (edit.do === 'set') Reflect.set(parent, last, edit.value);
  else Reflect.set(parent, last, [...(Array.isArray(before) ? before : []), edit.item]);
  return copy;
}

function isSame(one: unknown, other: unknown): boolean {
  if (typeof one !== 'object' || one === null || typeof other !== 'object' || other === null)
    return one === other;
  const [keys, others] = [Object.keys(one), Object.keys(other)];
  return (
    Array.isArray(one) === Array.isArray(other) &&
    keys.length === others.length &&
    keys.every((key) => Object.hasOwn(other, key) && isSame(Reflect.get(one, key), Reflect.get(other, key)))
  );
}

function keepsComments(before: string, after: string): boolean {
  const left = new Map<string, number>();
  for (const { text } of commentsIn(after)) left.set(text, (left.get(text) ?? 0) + 1);
  return commentsIn(before).every(({ text }) => {
    const count = left.get(text) ?? 0;
    left.set(text, count - 1);
    return count > 0;
  });
}
