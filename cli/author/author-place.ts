import { existsSync, readFileSync } from 'node:fs';

/** Longer than the longest failure that a spoke can tell. */
const NOT_READY = /^(it was not ready within \d+ s)(: .*?\.(?:[cm]?[jt]s|py))(: '(\w+)')/;

/**
 * Rewrites places in what runs to the places where its author wrote it: the directory, and the name that a module of
 * TypeScript had before it was compiled. What has no line of its own gets that of the function it is about.
 */
export function authorPlaces(staged: string, source: string): (text: string) => string {
  return (text) =>
    text
      .replaceAll(staged, source)
      .replaceAll(/(\/[^\s:'"]+)\.mjs\b/g, (path, stem: string) =>
        !existsSync(path) && existsSync(`${stem}.ts`) ? `${stem}.ts` : path,
      )
      .replace(NOT_READY, (_all, what: string, file: string, rest: string, name: string) => {
        return `${what}${file}${lineOf(file.slice(2), name)}${rest}`;
      });
}

function lineOf(file: string, name: string): string {
  try {
    const lines = readFileSync(file, 'utf8').split('\n');
    const at = lines.findIndex((line) =>
      new RegExp(`\\b(?:function|def|const|let|var)\\s+${name}\\b`).test(line),
    );
    return at < 0 ? '' : `:${at + 1}`;
  } catch {
    return '';
  }
}
