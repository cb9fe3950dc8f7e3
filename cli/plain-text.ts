import { visibleLines, visibleText } from '../schemas/visible-text.ts';

/** Text of several lines, safe to print, each line indented by two blanks and ended. Ends of lines at its end are dropped. */
export function indented(text: string): string {
  return visibleLines(text.replace(/[\r\n]+$/, ''))
    .split('\n')
    .map((line) => `  ${line}\n`)
    .join('');
}

/** Rows as aligned columns two blanks apart, without blanks at the ends, each made safe to print. */
export function aligned(rows: readonly (readonly string[])[]): string {
  const safe = rows.map((row) => row.map(visibleText));
  const widths = (safe[0] ?? []).map((_cell, column) =>
    Math.max(...safe.map((row) => (row[column] ?? '').length)),
  );
  return safe
    .map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}

/** What a program wrote, safe to print; it ends with the end of a line unless it is empty. */
export function wholeLines(text: string): string {
  const safe = visibleLines(text);
  return safe === '' || safe.endsWith('\n') ? safe : `${safe}\n`;
}

/** The words of a command so that each can be told: quoted where it is empty or has anything but plain characters. */
export function commandText(argv: readonly string[]): string {
  return argv
    .map((word) => (/^[\w@%+=:,./~-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(' ');
}

/**
 * What a spoke says to whoever called its command: what a terminal would act on is escaped, and all else is as it was, so
 * that a program can read it. It ends with the end of a line unless it is empty.
 */
export function harmlessText(text: string): string {
  const safe = text.replace(/(?![\n\t])[\p{C}\p{Zl}\p{Zp}]/gu, visibleText);
  return safe === '' || safe.endsWith('\n') ? safe : `${safe}\n`;
}
