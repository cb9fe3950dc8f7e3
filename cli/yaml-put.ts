import { isMap, isScalar, isSeq, type YAMLMap, type YAMLSeq } from 'yaml';
import { NotSurgical, type YamlEdit, type YamlPath } from './yaml-change.ts';
import {
  endOf,
  isFlow,
  lineEnd,
  lineStart,
  nextLine,
  pairOf,
  startOf,
  step,
  type YamlSource,
} from './yaml-source.ts';
import { type Changed, columnOf, firstOnLine, wholeLinesFrom } from './yaml-splice.ts';
import { blockLines, flowText, type YamlValue } from './yaml-write.ts';

/** How an `add` or a `set` changes the text. */
export function put(source: YamlSource, edit: Exclude<YamlEdit, { do: 'remove' }>): Changed {
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
