import { parse } from 'es-module-lexer/js';
import { lineOfFunction } from '../function-line.ts';
import type { SpokeFile } from './spoke-files.ts';

export interface EntryInput {
  /** The entry module as its author wrote it, and the code of it that would run. */
  readonly path: string;
  readonly code: SpokeFile;
  readonly function: string;
  /** Where the manifest names the two: `file:line:column`. */
  readonly place: string;
}

/**
 * Why the entry module cannot have the function that the manifest names, told from its syntax alone; null where it has,
 * and where only running it would tell: a module of CommonJS, a default export, exports of another module.
 */
export function checkExport({ path, code, function: name, place }: EntryInput): string | null {
  const text = code.bytes.toString('utf8');
  const read = readExports(text);
  if (read === null || !(read.isModule || code.path.endsWith('.mjs'))) return null;
  const { names } = read;
  if (names.includes(name) || names.includes('default')) return null;
  const line = lineOfFunction(text, name);
  if (line !== null) return `${path}:${line}: '${name}' is not exported; write 'export' before it`;
  const shown = names.slice(0, MAX_SHOWN).map((one) => `'${one}'`);
  const there = shown.length === 0 ? 'no exports' : `the exports ${shown.join(', ')}`;
  return `${place}: expected an exported function '${name}' in ${path}, found ${there}; export it, or name another after the ':'`;
}

const MAX_SHOWN = 20;

function readExports(text: string): { readonly names: readonly string[]; readonly isModule: boolean } | null {
  try {
    const [, exports, , isModule] = parse(text);
    const named = exports.filter((one) => one.type !== 'reexport-all');
    return named.length < exports.length ? null : { names: named.map(({ name }) => name), isModule };
  } catch {
    // What is no code is told of elsewhere.
    return null;
  }
}
