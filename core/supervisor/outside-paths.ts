import { fileURLToPath } from 'node:url';
import type { SpokeProgram } from '../sandbox/sandbox.ts';

/**
 * Rewrites the paths of a spoke's own files, as its process sees them, to where they lie for everybody else. Null where
 * the process sees them as they are.
 */
export function outsidePaths(
  moduleUrl: string,
  { directory, module }: SpokeProgram,
): ((text: string) => string) | null {
  const inside = fileURLToPath(moduleUrl).slice(0, -`/${module}`.length);
  if (inside === directory) return null;
  // Only where a path begins: a directory of somebody else's can have the same name further down.
  const escaped = inside.replace(/[^\w/]/g, '\\$&');
  const begins = new RegExp(`(?<=^|[\\s'"\`(\\[{<=,:]|file://)${escaped}(?=/)`, 'gm');
  return (text) => text.replace(begins, () => directory);
}
