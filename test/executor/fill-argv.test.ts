import { describe, expect, test } from 'vitest';
import { fillArgv } from '../../core/executor/fill-argv.ts';
import { parseTable } from '../../core/executor/table.ts';
import type { ActionSpec } from '../../schemas/action-table.ts';
import type { Parameters } from '../../schemas/executor.ts';

const { actions } = parseTable(
  'actions.yaml',
  `version: 1
actions:
  all:
    description: Every kind of parameter
    parameters:
      name: {type: name, max: 20, except: [lo]}
      word: {type: choice, of: [one, two]}
      number: {type: integer, min: -2, max: 9}
      process: {type: process, root: [/usr/bin/tail]}
    argv: [/usr/bin/true, --, '{name}', '{word}', '{number}', '{process}', '{name}']
    tier: operator
    rate: {each: 1, all: 1, per: 1h}
`,
);
const spec = actions.all as ActionSpec;
const good = { name: 'eth0', word: 'one', number: -2, process: { pid: 70, start: 9 } };

test('the words of an action are those of the table, with each parameter as one whole word', () => {
  expect(fillArgv(spec, good)).toEqual({
    argv: ['/usr/bin/true', '--', 'eth0', 'one', '-2', '70', 'eth0'],
    meant: { value: { pid: 70, start: 9 }, root: ['/usr/bin/tail'] },
  });
});

describe('a name is never', () => {
  test.each<[string, unknown]>([
    ['a path that climbs', '../x'],
    ['two dots', 'a..b'],
    ['an option', '--help'],
    ['a short option', '-p'],
    ['ended by a newline', 'a\n'],
    ['with a NUL', 'a\u0000b'],
    ['with a blank', 'a b'],
    ['a path', 'a/b'],
    ['for a shell', '$(id)'],
    ['in full-width letters', '\uff45th0'],
    ['with a right-to-left override', 'a\u202eb'],
    ['with a zero-width joiner', 'a\u200db'],
    ['with half of a surrogate pair', 'a\ud800'],
    ['with a combining accent', 'e\u0301'],
    ['empty', ''],
    ['too long', 'a'.repeat(21)],
    ['what the table excepts', 'lo'],
    ['a number', 7],
    ['null', null],
    ['a list', ['a']],
    ['an object that reads as a name', { toString: () => 'a' }],
  ])('%s', (_what, name) => {
    const filled = fillArgv(spec, { ...good, name } as Parameters);
    expect(filled).toEqual({
      problem: 'params.name: expected a name of at most 20 letters, digits and _ . @ : -, and none of lo',
    });
  });
});

describe('a parameter is refused that', () => {
  test.each<[string, object]>([
    ['is one too many', { ...good, more: 1 }],
    ['is a property of every object', { ...good, constructor: 'x' }],
    ['is not among the choices', { ...good, word: 'three' }],
    ['is below its bound', { ...good, number: -3 }],
    ['is above its bound', { ...good, number: 10 }],
    ['is a number as text', { ...good, number: '1' }],
    ['is not a number', { ...good, number: Number.NaN }],
    ['is the first process', { ...good, process: { pid: 1, start: 0 } }],
    ['is a process without its start', { ...good, process: 70 }],
    ['is inherited', Object.create(good)],
  ])('%s', (_what, params) => {
    expect(fillArgv(spec, params as Parameters)).toHaveProperty('problem');
  });

  test.each(Object.keys(good))('is missing: %s', (name) => {
    const { [name as keyof typeof good]: _left, ...rest } = good;
    expect(fillArgv(spec, rest as Parameters)).toHaveProperty('problem');
  });
});
