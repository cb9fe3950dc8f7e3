import { AxiumError } from '../errors.ts';
import { refusal, type SpokeFile } from './spoke-files.ts';

const TYPESCRIPT = /\.(m?)ts$/;
/** The name of a module in an import, an export from, or an import(): a path of the spoke's own that ends in .ts. */
const OWN_MODULE = /((?:\bfrom|\bimport)\s*(?:\(\s*)?)(['"])(\.{1,2}\/[^'"\n]+?)\.m?ts\2/g;

/** What strips types, where it is needed: the code that Node itself strips them with. */
export type StripTypes = (code: string, path: string) => string;

/**
 * The same files with every module of TypeScript as JavaScript: types become blanks, so that lines and columns stay, and
 * imports of `./x.ts` become imports of `./x.mjs`. Throws `failed` with the place for what is no TypeScript, or has more
 * than types in it.
 */
export function compileTypes(files: readonly SpokeFile[], strip: StripTypes): readonly SpokeFile[] {
  const paths = new Set(files.map(({ path }) => path));
  return files.map((file) => {
    if (!TYPESCRIPT.test(file.path)) return file;
    const path = file.path.replace(TYPESCRIPT, '.mjs');
    if (paths.has(path))
      throw refusal(file.path, `would become ${path}, which is there already; take one of them out`);
    const code = strip(file.bytes.toString('utf8'), file.path);
    return { ...file, path, bytes: Buffer.from(code.replace(OWN_MODULE, '$1$2$3.mjs$2')) };
  });
}

export function hasTypes(files: readonly SpokeFile[]): boolean {
  return files.some(({ path }) => TYPESCRIPT.test(path));
}

/** What a failed parse looks like, as swc throws it. Columns count from 0. */
interface SwcFailure {
  readonly code: 'InvalidSyntax' | 'UnsupportedSyntax';
  readonly message: string;
  readonly startLine: number;
  readonly startColumn: number;
}

/** Loads what strips types. It is large, and most spokes do without. */
export async function loadStripTypes(): Promise<StripTypes> {
  const { transformSync } = await import('@swc/wasm-typescript');
  return (code, path) => {
    try {
      return transformSync(code, { mode: 'strip-only' }).code ?? '';
    } catch (error) {
      if (!isSwcFailure(error)) throw error;
      const what =
        error.code === 'UnsupportedSyntax' ? `${error.message}; write it in JavaScript` : error.message;
      throw new AxiumError('failed', `${path}:${error.startLine}:${error.startColumn + 1}: ${what}`);
    }
  };
}

function isSwcFailure(error: unknown): error is SwcFailure {
  return typeof error === 'object' && error !== null && 'startLine' in error;
}
