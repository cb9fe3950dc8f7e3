import { constants } from 'node:fs';
import { type Document, isAlias, parseDocument, visit } from 'yaml';
import { type ActionTable, actionTableSchema, MAX_TABLE_BYTES } from '../../schemas/action-table.ts';
import { AxiumError, errno } from '../errors.ts';
import type { FilesNow } from '../powers.ts';
import { strangerAbove, strangerIn } from './root-owned.ts';

/**
 * The table of actions in a file, which only root can have written, as nobody else can have put another in its place.
 * Throws AxiumError, one line, for everything else: there is no table to fall back on.
 */
export function loadTable(files: FilesNow, path: string): ActionTable {
  return parseTable(path, readRootText(files, path));
}

/** The same from text. Pure. */
export function parseTable(path: string, text: string): ActionTable {
  const fail = (what: string) => new AxiumError('invalid_file', `${path}: ${what}`);
  const document = parseDocument(text, { uniqueKeys: true, schema: 'core', logLevel: 'silent' });
  const [error] = [...document.errors, ...document.warnings];
  if (error) throw fail(error.message.split('\n')[0] ?? 'this is not YAML');
  if (hasAliases(document)) throw fail('aliases (*name) are not taken here; write the value out');
  const read = actionTableSchema.safeParse(document.toJS());
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw fail(`${issue?.path.join('.') || 'the whole'}: ${issue?.message ?? 'is not valid'}`);
}

function hasAliases(document: Document.Parsed): boolean {
  let found = false;
  visit(document, (_key, node) => {
    found ||= isAlias(node);
  });
  return found;
}

function readRootText(files: FilesNow, path: string): string {
  const refuse = (what: string) => new AxiumError('invalid_file', what);
  const above = strangerAboveOf(files, path);
  if (above !== null) throw refuse(above);
  let fd: number;
  try {
    fd = files.openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const missing = errno(error) === 'ENOENT';
    throw new AxiumError(
      missing ? 'not_found' : 'invalid_file',
      missing ? `${path}: there is no table of actions` : `${path}: cannot be opened (${errno(error)})`,
    );
  }
  try {
    const stat = files.fstatSync(fd);
    if (!stat.isFile()) throw refuse(`${path}: expected a regular file`);
    const stranger = strangerIn(stat);
    if (stranger !== null) throw refuse(`${path}: ${stranger}`);
    if (stat.size > MAX_TABLE_BYTES)
      throw refuse(`${path}: expected at most ${MAX_TABLE_BYTES} bytes, found ${stat.size}`);
    return files.readFileSync(fd, 'utf8');
  } finally {
    files.closeSync(fd);
  }
}

function strangerAboveOf(files: FilesNow, path: string): string | null {
  try {
    return strangerAbove(files, path);
  } catch (error) {
    if (errno(error) === 'ENOENT') return null;
    throw error;
  }
}
