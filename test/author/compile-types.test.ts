import { beforeAll, describe, expect, it } from 'vitest';
import { compileTypes, loadStripTypes, type StripTypes } from '../../core/author/compile-types.ts';

let strip: StripTypes;
beforeAll(async () => {
  strip = await loadStripTypes();
});

const file = (path: string, text: string) => ({ path, executable: false, bytes: Buffer.from(text) });
const compile = (files: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    compileTypes(
      Object.entries(files).map(([path, text]) => file(path, text)),
      strip,
    ).map(({ path, bytes }) => [path, bytes.toString()]),
  );

describe('TypeScript', () => {
  it('becomes JavaScript whose lines and columns are those of the source', () => {
    const source =
      "import type { Register } from 'axium/spoke';\nexport const register: Register = (axium) => { throw new Error('here'); };\n";
    const { 'main.mjs': code = '' } = compile({ 'main.ts': source });
    expect(code).not.toContain('Register');
    expect(code.split('\n')[1]?.indexOf('throw')).toBe(source.split('\n')[1]?.indexOf('throw'));
  });

  it('takes no longer than its size is worth, however many blanks follow an import', () => {
    const source = `export const a: string = 'import${' '.repeat(400_000)}';\n`;
    const { 'main.mjs': code } = compile({ 'main.ts': source });
    expect(code).toBe(source.replace(': string', '        '));
  });

  it('imports its own modules by their new names, and others as they were', () => {
    const { 'main.mjs': code = '' } = compile({
      'main.ts':
        "import { a } from './lib/a.ts';\nimport './b.mts';\nexport * from '../c.ts';\nconst d = await import(\"./d.ts\");\nimport e from './e.mjs';\nimport f from 'node:fs';\n",
    });
    expect(code).toBe(
      "import { a } from './lib/a.mjs';\nimport './b.mjs';\nexport * from '../c.mjs';\nconst d = await import(\"./d.mjs\");\nimport e from './e.mjs';\nimport f from 'node:fs';\n",
    );
  });

  it('beside other files leaves those as they are', () => {
    expect(compile({ 'a.ts': '', 'b.mjs': "import './a.ts'", 'notes.txt': 'let x: string' })).toEqual({
      'a.mjs': '',
      'b.mjs': "import './a.ts'",
      'notes.txt': 'let x: string',
    });
  });

  it.each([
    ['that is none', { 'main.ts': 'const a = 1;\nconst b: = 2;\n' }, /^main\.ts:2:10: Unexpected token/],
    [
      'with more than types',
      { 'lib/a.ts': 'enum A { x }\n' },
      /^lib\/a\.ts:1:1: TypeScript enum is not supported in strip-only mode; write it in JavaScript/,
    ],
    [
      'whose name is taken',
      { 'main.ts': '', 'main.mjs': '' },
      /^main\.ts: would become main\.mjs, which is there already/,
    ],
  ])('%s is refused with its place', (_what, files, says) => {
    expect(() => compile(files)).toThrow(says);
  });
});
