import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { AxiumFailure } from './failure.mts';
import { EntryError } from './load-register.mts';

const MAX_LENGTH = 2000;

/**
 * Why a spoke did not start, as one line for its author: the place in their code where there is one, and what was
 * thrown there. `module` is the file URL of the entry module.
 */
export function explainFailure(error: unknown, module: string): string {
  const place = placeOf(error);
  const text =
    error instanceof EntryError
      ? error.message
      : `${place ?? fileURLToPath(module)}: ${describe(error)}${whatToDo(error, place)}`;
  return text.replace(/\s*\n\s*/g, ' ').slice(0, MAX_LENGTH);
}

/** `file:line` or `file:line:column` of the author's code, from the innermost frame of the stack that is theirs. */
function placeOf(error: unknown): string | null {
  const stack = error instanceof Error ? String(error.stack) : '';
  // A syntax error has its place on the first line, above the code; the frames are node's own.
  const [, broken, line] = /^((?:file:\/\/)?\/[^\n]*?):(\d+)\n/.exec(stack) ?? [];
  if (broken !== undefined) return `${toPath(broken)}:${line}`;
  const runtime = fileURLToPath(new URL('.', import.meta.url));
  for (const [, file = '', at] of stack.matchAll(/^\s+at (?:.*[ (])?((?:file:\/\/)?\/.*?):(\d+:\d+)\)?$/gm)) {
    const path = toPath(file);
    if (!path.startsWith(runtime)) return `${path}:${at}`;
  }
  return null;
}

function toPath(file: string): string {
  try {
    return file.startsWith('file:') ? fileURLToPath(file) : file;
  } catch {
    return file;
  }
}

function describe(error: unknown): string {
  return error instanceof Error
    ? `${error.name}: ${error.message}`
    : `threw ${inspect(error, { depth: 1, customInspect: false })}`;
}

function whatToDo(error: unknown, place: string | null): string {
  if (error instanceof AxiumFailure) return ` (${error.code}); catch it to go on without`;
  if (error instanceof RangeError && /allocation failed/.test(error.message))
    return '; a spoke gets no more memory than sandbox.memory in config.yaml lets it';
  // Node keeps to itself where in an ES module it is.
  if (error instanceof SyntaxError && place === null) {
    if (/does not provide an export/.test(error.message)) return '; in this file or one that it imports';
    return "; in this file or one that it imports, run 'node --check' on them to see the line";
  }
  return error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND'
    ? '; a spoke can import its own files and node: modules'
    : '';
}
