import { existsSync } from 'node:fs';

/**
 * Rewrites places in what runs to the places where its author wrote it: the directory, and the name that a module of
 * TypeScript had before it was compiled.
 */
export function authorPlaces(staged: string, source: string): (text: string) => string {
  return (text) =>
    text
      .replaceAll(staged, source)
      .replaceAll(/(\/[^\s:'"]+)\.mjs\b/g, (path, stem: string) =>
        !existsSync(path) && existsSync(`${stem}.ts`) ? `${stem}.ts` : path,
      );
}
