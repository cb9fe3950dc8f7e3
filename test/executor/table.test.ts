import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseTable } from '../../core/executor/table.ts';

const SHIPPED = readFileSync(new URL('../../packaging/actions.yaml', import.meta.url), 'utf8');

const action = (text: string) =>
  `version: 1\nactions:\n  one:\n    description: x\n    tier: operator\n    rate: {each: 1, all: 1, per: 1h}\n${text}`;

test('the shipped table is valid, and only what its unit is made for is enabled', () => {
  const { actions } = parseTable('actions.yaml', SHIPPED);
  expect(Object.keys(actions)).toEqual([
    'restart_service',
    'renice',
    'kill_process',
    'set_cpu_governor',
    'clear_system_cache',
    'network_interface',
    'rollback_generation',
  ]);
  expect(Object.entries(actions).flatMap(([name, { enabled }]) => (enabled ? [name] : []))).toEqual([
    'restart_service',
  ]);
});

test('the shipped table runs no shell and hands on no word that a parameter could make an option', () => {
  for (const { argv } of Object.values(parseTable('actions.yaml', SHIPPED).actions)) {
    expect(argv[0]).toMatch(/^\/(?:usr|run)\//);
    expect(argv[0]).not.toMatch(/\/(?:ba|da|z|k)?sh$|\/(?:env|sudo|python|perl)/);
  }
});

describe('a table is refused', () => {
  test.each<[string, string, string]>([
    ['that is no YAML', '{', 'Flow map'],
    ['with a key twice', 'version: 1\nversion: 1\nactions: {}', 'unique'],
    ['with an alias', 'version: 1\nactions: &a {}\nmore: *a', 'aliases'],
    ['with an unknown key', 'version: 1\nactions: {}\nmore: 1', 'more'],
    ['of another version', 'version: 2\nactions: {}', 'version'],
    [
      'whose program is not absolute',
      action("    argv: ['ls']"),
      'actions.one.argv.0: expected an absolute path',
    ],
    ['whose program is a parameter', action("    argv: ['{x}']"), 'expected an absolute path'],
    ['whose program climbs', action('    argv: [/usr/../tmp/x]'), 'expected an absolute path'],
    [
      'with a placeholder inside a word',
      action("    argv: [/bin/true, 'a={x}']\n    parameters: {x: {type: name}}"),
      'one parameter in braces as the whole word',
    ],
    [
      'with a placeholder of no parameter',
      action("    argv: [/bin/true, '{x}']"),
      "there is no parameter 'x'",
    ],
    [
      'with a parameter that fills nothing',
      action('    argv: [/bin/true]\n    parameters: {x: {type: name}}'),
      'argv has no word that it fills',
    ],
    [
      'with a choice that is an option',
      action("    argv: [/bin/true, '{x}']\n    parameters: {x: {type: choice, of: [--all]}}"),
      'expected a word of plain characters',
    ],
    [
      'without a rate',
      'version: 1\nactions: {one: {description: x, argv: [/bin/true], tier: admin}}',
      'rate',
    ],
    ['with a time-out of days', action('    argv: [/bin/true]\n    timeout: 2d'), 'expected at most 15m'],
    [
      'with a signal to no process',
      action('    argv: [/bin/true]\n    signal: TERM'),
      'a parameter that is a process',
    ],
    ['with a newline in a word', action('    argv: [/bin/true, "a\\nb"]'), 'expected a plain word'],
  ])('%s', (_what, text, why) => {
    expect(() => parseTable('/etc/axium/actions.yaml', text)).toThrow(why);
  });
});
