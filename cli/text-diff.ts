/** Lines beside a change that are shown with it. */
const CONTEXT = 2;
/** Beyond so many comparisons a change is shown as all old lines and all new ones. */
const MAX_CELLS = 4_000_000;

type Line = readonly [mark: ' ' | '-' | '+', text: string];

/** What differs between two texts, in the form of `diff -u` without its head; empty where nothing does. */
export function textDiff(before: string, after: string): string {
  const all = compare(linesOf(before), linesOf(after));
  return hunks(all)
    .map(([from, to]) => hunkText(all, from, to))
    .join('');
}

const NO_NEWLINE = '\n\\ No newline at end of file';

function linesOf(text: string): readonly string[] {
  if (text === '') return [];
  const lines = text.split('\n');
  if (lines.at(-1) === '') return lines.slice(0, -1);
  return [...lines.slice(0, -1), `${lines.at(-1)}${NO_NEWLINE}`];
}

function compare(before: readonly string[], after: readonly string[]): readonly Line[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start += 1;
  let end = 0;
  const most = Math.min(before.length, after.length) - start;
  while (end < most && before.at(-1 - end) === after.at(-1 - end)) end += 1;
  return [
    ...before.slice(0, start).map((text): Line => [' ', text]),
    ...middle(before.slice(start, before.length - end), after.slice(start, after.length - end)),
    ...before.slice(before.length - end).map((text): Line => [' ', text]),
  ];
}

/** By the longest row of lines that both have. */
function middle(before: readonly string[], after: readonly string[]): readonly Line[] {
  const width = after.length + 1;
  if (before.length * after.length > MAX_CELLS) {
    return [...before.map((text): Line => ['-', text]), ...after.map((text): Line => ['+', text])];
  }
  const longest = new Uint32Array((before.length + 1) * width);
  const at = (row: number, column: number) => longest[row * width + column] ?? 0;
  for (let row = before.length - 1; row >= 0; row -= 1) {
    for (let column = after.length - 1; column >= 0; column -= 1) {
      longest[row * width + column] =
        before[row] === after[column]
          ? at(row + 1, column + 1) + 1
          : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  const lines: Line[] = [];
  let [row, column] = [0, 0];
  while (row < before.length || column < after.length) {
    const [old, now] = [before[row], after[column]];
    if (old !== undefined && old === now) {
      lines.push([' ', old]);
      row += 1;
      column += 1;
    } else if (old !== undefined && (now === undefined || at(row + 1, column) >= at(row, column + 1))) {
      lines.push(['-', old]);
      row += 1;
    } else {
      lines.push(['+', now ?? '']);
      column += 1;
    }
  }
  return lines;
}

/** Pieces of the lines that hold what changed and a little around it. */
function hunks(lines: readonly Line[]): readonly (readonly [from: number, to: number])[] {
  const pieces: [number, number][] = [];
  lines.forEach(([mark], index) => {
    if (mark === ' ') return;
    const [from, to] = [Math.max(0, index - CONTEXT), Math.min(lines.length, index + CONTEXT + 1)];
    const last = pieces.at(-1);
    if (last && from <= last[1]) last[1] = to;
    else pieces.push([from, to]);
  });
  return pieces;
}

function hunkText(lines: readonly Line[], from: number, to: number): string {
  const piece = lines.slice(from, to);
  const count = (some: readonly Line[], other: '-' | '+') => some.filter(([mark]) => mark !== other).length;
  const range = (other: '-' | '+') => {
    const length = count(piece, other);
    const above = count(lines.slice(0, from), other);
    return `${length === 0 ? above : above + 1}${length === 1 ? '' : `,${length}`}`;
  };
  const text = piece.map(([mark, line]) => `${mark}${line.replace(/\r(?=$|\n)/, '')}\n`).join('');
  return `@@ -${range('+')} +${range('-')} @@\n${text}`;
}
