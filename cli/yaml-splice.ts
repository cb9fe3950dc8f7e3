import { commentsIn, lineEnd, lineStart } from './yaml-source.ts';

/** A piece of a text and what comes in its place; comments of the piece go onto lines of their own behind `keepAt`. */
export interface Splice {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

export interface Changed {
  /** In the order of the text, without overlaps. */
  readonly splices: readonly Splice[];
  /** Where comments that would be lost are kept: the start of a line, and how far it is indented. */
  readonly keepAt: number;
  readonly column: number;
  readonly newline: string;
}

/** The text with these pieces replaced, and with the comments that stood in them. */
export function withComments(text: string, { splices, keepAt, column, newline }: Changed): string {
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

/** Where to cut whole lines: the last line of a file without a last newline takes the end of the line before along. */
export function wholeLinesFrom(text: string, begin: number, end: number): number {
  return end === text.length && !text.endsWith('\n') && begin > 0
    ? lineEnd(text, lineStart(text, begin - 1))
    : begin;
}

/** How far a place is from where its line begins. */
export function columnOf(text: string, at: number): number {
  return at - lineStart(text, at);
}

/** Where the line of a place begins behind its blanks. */
export function firstOnLine(text: string, at: number): number {
  const start = lineStart(text, at);
  return start + (/^ */.exec(text.slice(start, at))?.[0].length ?? 0);
}
