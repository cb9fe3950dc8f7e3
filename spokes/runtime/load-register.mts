import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { types } from 'node:util';
import type { Start } from '../../schemas/wire.ts';
import type { Register } from './api.mts';

/**
 * Loads the entry module and finds the function that the manifest names: an export of that name, or for CommonJS a
 * property of the default export. Throws an EntryError that says what there is instead.
 */
export async function loadRegister(start: Start): Promise<Register> {
  const module = await load(start.module);
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

/** From here nothing is looked up: a spoke may lie below a `package.json` that it may not read, at which Node 24 fails. */
const NOWHERE = '/axium';

/**
 * The namespace of a module. An ES module is required, since it takes Node an eighth of the start of a process to load what
 * imports: that is for one that awaits, of which nothing has run by then, and for CommonJS, of which something may have. An
 * ES module that has failed while it ran does not run again when it is imported, and fails in the same way.
 */
async function load(url: string): Promise<Record<string, unknown>> {
  if (url.endsWith('.mjs')) {
    try {
      const found: unknown = createRequire(NOWHERE)(fileURLToPath(url));
      // It may say itself that it is something else for those who require it.
      if (types.isModuleNamespaceObject(found)) return found as Record<string, unknown>;
    } catch (error) {
      // What cannot be read or linked is in no state to be imported, and the import would say no more.
      if (types.isNativeError(error) && error instanceof SyntaxError) throw error;
    }
  }
  return import(url);
}

/** The module is there, and the function that was promised is not: the message has the place already. */
export class EntryError extends Error {}

function findExport(module: Record<string, unknown>, name: string): unknown {
  if (Object.hasOwn(module, name)) return module[name];
  const { default: fallback } = module;
  return isObject(fallback) && Object.hasOwn(fallback, name) ? fallback[name] : undefined;
}

/** What Node adds to the exports of a module. */
const BY_NODE = new Set(['module.exports', '__esModule']);

function exportNames(module: Record<string, unknown>): readonly string[] {
  const { default: fallback } = module;
  const names = [...Object.keys(module), ...(isObject(fallback) ? Object.keys(fallback) : [])];
  return [...new Set(names)].filter((name) => !BY_NODE.has(name)).slice(0, 20);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

function describe(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'an array' : `of type ${typeof value}`;
}
