import { describe, expect, it } from 'vitest';
import { scanImports, usesGlobal } from './scan-source.ts';

const all = { typeOnly: false, values: ['*'] };

describe('an import is seen in every form', () => {
  it.each<[string, readonly object[]]>([
    ["import 'a';", [{ from: 'a', typeOnly: false, values: [] }]],
    ["import x from 'a';", [{ from: 'a', typeOnly: false, values: ['default'] }]],
    ["import * as x from 'a';", [{ from: 'a', ...all }]],
    ["import x, * as y from 'a';", [{ from: 'a', ...all }]],
    ['import { a, b as c } from "a"', [{ from: 'a', typeOnly: false, values: ['a', 'b'] }]],
    ["import {\n  a,\n  type B,\n} from 'a';", [{ from: 'a', typeOnly: false, values: ['a'] }]],
    ["import { type A } from 'a';", [{ from: 'a', typeOnly: false, values: [] }]],
    ["import type { A } from 'a';", [{ from: 'a', typeOnly: true, values: [] }]],
    ["import type * as a from 'a';", [{ from: 'a', typeOnly: true, values: [] }]],
    ["import type A from 'a';", [{ from: 'a', typeOnly: true, values: [] }]],
    ["import type, { A } from 'a';", [{ from: 'a', typeOnly: false, values: ['default', 'A'] }]],
    ["export * from 'a';", [{ from: 'a', ...all }]],
    ["export * as a from 'a';", [{ from: 'a', ...all }]],
    ["export { a } from 'a';", [{ from: 'a', typeOnly: false, values: ['a'] }]],
    ["export type { A } from 'a';", [{ from: 'a', typeOnly: true, values: [] }]],
    ["await import('a');", [{ from: 'a', ...all }]],
    ['await import(`a`);', [{ from: 'a', ...all }]],
    ["import(\n/* why */ 'a')", [{ from: 'a', ...all }]],
    ['await import(name);', [{ from: null, ...all }]],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the source of a program
    ['await import(`${name}.js`);', [{ from: null, ...all }]],
    ["const a = require('a');", [{ from: 'a', ...all }]],
    [
      "import a from 'a'; import b from 'b'",
      [
        { from: 'a', typeOnly: false, values: ['default'] },
        { from: 'b', typeOnly: false, values: ['default'] },
      ],
    ],
    ["import/**/a/**/from/**/'a'", [{ from: 'a', typeOnly: false, values: ['default'] }]],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the source of a program
    ["const s = `x${await import('a')}y`;", [{ from: 'a', ...all }]],
    ["const r = /'/; import('a'); const q = /`/;", [{ from: 'a', ...all }]],
    ["const half = a / 2; import('a'); b / 2;", [{ from: 'a', ...all }]],
  ])('%s', (source, imports) => {
    expect(scanImports(source)).toEqual(imports);
  });
});

describe('what only looks like an import is none', () => {
  it.each([
    "// import 'a';",
    "/* import 'a'; */",
    '"import \'a\'"',
    "`import('a')`",
    "/import('a')/.test(x)",
    'import.meta.url',
    "x.import('a')",
    "x.require('a')",
    'export const from = 1;',
    'export function load() {}',
    "export type A = 'a' | 'b';",
    "export interface From { from: 'a' }",
    "export const a = { from: 'a' };",
    "export { a };\nconst from = 'a';",
  ])('%s', (source) => {
    expect(scanImports(source)).toEqual([]);
  });
});

describe('a global is used', () => {
  it.each([
    'process.exit()',
    'f(process)',
    'globalThis.process.env',
    '({ ...process.env })',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the source of a program
    '`${process.pid}`',
    'a ? process : b',
    'function f() { const { process } = child; } process.exit()',
    'function f(process: X) { process.a(); } process.exit()',
    'const f = (process: X) => process.a(); process.exit()',
    'const { env } = process;',
    'const x = process;',
    'f({ process })',
  ])('in %s', (source) => {
    expect(usesGlobal(source, 'process')).toBe(true);
  });

  it.each([
    'child.process.kill()',
    'this.#process.kill()',
    'const a = { process: x };',
    'interface A { readonly process: Child; process?: Child }',
    '// process.exit()',
    "'process.exit()'",
    'processes.exit()',
    '`process.exit()`',
    'const { process } = child; process.kill();',
    'function f() { const { a, process } = child; if (a) { process.kill(); } }',
    'function f(process: Child): void { process.kill(); }',
    'function f(a: A, process: Child) { return process.pid; }',
    'const f = (process: Child) => { process.kill(); };',
    'const f = (process: Child) => process.pid;',
  ])('not in %s', (source) => {
    expect(usesGlobal(source, 'process')).toBe(false);
  });
});
