import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** One page of the documentation, by its path from the root of the repository. */
export interface Page {
  readonly path: string;
  readonly text: string;
  readonly blocks: readonly CodeBlock[];
}

export interface CodeBlock {
  readonly language: string;
  readonly body: string;
}

export function readPage(path: string): Page {
  const text = readFileSync(`${ROOT}${path}`, 'utf8');
  const blocks = [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language = '', body = '']) => ({
    language,
    body,
  }));
  return { path, text, blocks };
}

/** The anchors of a page's headings, as hosts of repositories make them. */
export function anchorsOf({ text }: Page): readonly string[] {
  return [...withoutCode(text).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** The targets of a page's links that lead to files of this repository, or into the page itself. */
export function localLinks({ text }: Page): readonly { readonly file: string; readonly anchor: string }[] {
  return [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => ({ file: target.replace(/#.*/, ''), anchor: target.replace(/^[^#]*#?/, '') }));
}

/** The rows of the first table below a heading, without its head; each cell as it is written. */
export function tableBelow({ path, text }: Page, heading: string): readonly (readonly string[])[] {
  const start = text.search(new RegExp(`^#+ ${heading}$`, 'm'));
  const [table] = /(?:^\|.*\|\n)+/m.exec(text.slice(Math.max(start, 0))) ?? [];
  if (start < 0 || table === undefined) throw new Error(`${path}: expected a table below '${heading}'`);
  const rows = table.trim().split('\n').slice(2);
  return rows.map((row) =>
    row
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );
}

/** What a cell has in backticks. */
export function codeIn(cell: string | undefined): readonly string[] {
  return [...(cell ?? '').matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
}

/** All that the cells of one column have in backticks. */
export function codesOfColumn(rows: readonly (readonly string[])[], column: number): readonly string[] {
  return rows.flatMap((row) => codeIn(row[column]));
}

function withoutCode(text: string): string {
  return text.replace(/^```.*?^```$/gms, '');
}
