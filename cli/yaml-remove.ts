import { isMap, isSeq, type YAMLMap, type YAMLSeq } from 'yaml';
import { NotSurgical, type YamlPath } from './yaml-change.ts';
import {
  commentsIn,
  endOf,
  isFlow,
  lineStart,
  nextLine,
  pairOf,
  startOf,
  step,
  type YamlSource,
} from './yaml-source.ts';
import { type Changed, columnOf, firstOnLine, wholeLinesFrom } from './yaml-splice.ts';

/** How a removal changes the text; what holds nothing else goes with it. */
export function removed(source: YamlSource, path: YamlPath): Changed {
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
