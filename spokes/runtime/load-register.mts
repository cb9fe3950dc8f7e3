import { fileURLToPath } from 'node:url';
import type { Start } from '../../schemas/wire.ts';
import type { Register } from './api.mts';

/**
 * Imports the entry module and finds the function that the manifest names: an export of that name, or for CommonJS a
 * property of the default export. Throws an EntryError that says what there is instead.
 */
export async function loadRegister(start: Start): Promise<Register> {
  const module: Record<string, unknown> = await import(start.module);
  const found = findExport(module, start.function);
  if (typeof found === 'function') return found as Register;
  const where = fileURLToPath(start.module);
  const wanted = `${where}: expected an exported function '${start.function}'`;
  if (found !== undefined) {
    throw new EntryError(`${wanted}, found one that is ${describe(found)}; make it a function`);
  }
  const names = exportNames(module);
  const there =
    names.length > 0 ? `the exports ${names.map((name) => `'${name}'`).join(', ')}` : 'no exports';
  throw new EntryError(
    `${wanted}, found ${there}; export it, or name another after the ':' of the entrypoint`,
  );
}

/** The module is there, and the function that was promised is not: the message has the place already. */
export class EntryError extends Error {}

function findExport(module: Record<string, unknown>, name: string): unknown {
  if (Object.hasOwn(module, name)) return module[name];
  const { default: fallback } = module;
  return isObject(fallback) && Object.hasOwn(fallback, name) ? fallback[name] : undefined;
}

function exportNames(module: Record<string, unknown>): readonly string[] {
  const { default: fallback } = module;
  const names = [...Object.keys(module), ...(isObject(fallback) ? Object.keys(fallback) : [])];
  return [...new Set(names)].filter((name) => name !== 'module.exports').slice(0, 20);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

function describe(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'an array' : `of type ${typeof value}`;
}
