import type { Origin } from '../../schemas/decision.ts';
import { formatOrigin } from '../../schemas/decision.ts';
import { canPass, isWant } from './passing.ts';

/** Something wrong in a file: where, what, and the line itself with a mark under the place. */
export interface Problem {
  readonly origin: Origin;
  readonly message: string;
  readonly frame: string;
}

/** A file that cannot be taken as it is. The message has one paragraph a problem. */
export class InvalidFile extends Error {
  readonly problems: readonly Problem[];
  /** It could not be read now, for want of something that can come back by itself: it is worth another look. */
  readonly isPassing: boolean;
  /** The daemon had no descriptor or no memory left to read it with, so that nothing is known of it. */
  readonly isWant: boolean;

  /** With a `code` where it was the system that did not let it be read. */
  constructor(problems: readonly Problem[], code = '') {
    // As they stand in the file, whichever check found them first.
    const sorted = problems.toSorted(
      ({ origin: a }, { origin: b }) => a.line - b.line || a.column - b.column,
    );
    super(sorted.map(formatProblem).join('\n'));
    this.name = 'InvalidFile';
    this.problems = sorted;
    this.isPassing = canPass(code);
    this.isWant = isWant(code);
  }
}

/** A problem with a file as a whole, where no line can be named. */
export function wholeFile(file: string, message: string): Problem {
  return { origin: { file, line: 0, column: 0 }, message: visible(message), frame: '' };
}

export function formatProblem({ origin, message, frame }: Problem): string {
  const where = `${visible(formatOrigin(origin))}: ${message}`;
  return frame === '' ? where : `${where}\n${frame}`;
}

/** The line of the problem with its neighbour above, numbered, and a caret below the column. */
export function codeFrame(lines: readonly string[], line: number, column: number): string {
  const width = String(line).length;
  const shown = [line - 1, line].filter((number) => number >= 1 && number <= lines.length);
  const numbered = shown.map(
    (number) =>
      `  ${String(number).padStart(width)} | ${visible((lines[number - 1] ?? '').slice(0, MAX_WIDTH))}`,
  );
  return [...numbered, `  ${' '.repeat(width)} | ${' '.repeat(Math.min(column - 1, MAX_WIDTH))}^`].join('\n');
}

const MAX_WIDTH = 160;

/** What a hostile file says must not reach a terminal with its escape sequences, nor look like lines of ours. */
export function visible(text: string): string {
  return text.replace(/[\p{C}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}]/gu, '?');
}
