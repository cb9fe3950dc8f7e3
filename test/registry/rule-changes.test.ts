import { expect, test } from 'vitest';
import type { Policy } from '../../core/policy/policy.ts';
import { compareRules } from '../../core/registry/rule-changes.ts';
import { NOW } from '../support/queries.ts';
import {
  compileManifest,
  compileOverrides,
  compileRights,
  manifestText,
  rightsUnder,
} from '../support/rights.ts';

const MANIFEST = manifestText('exec: true\nfs_read: [~/a]');
const at = (policies: readonly Policy[], now = NOW) => ({ policies, now });
const under = (overrides: string) => [compileRights({ manifest: MANIFEST, overrides }).policy];

test('rules that are new and rules that are gone are told with who says so and where', () => {
  const before = under('creds:\n  fs_read: [~/b]\n');
  const after = under('creds:\n  exec: [git log]\n  notify: true\n  deny:\n    fs_read: [~/a]\n');
  expect(compareRules(at(before), at(after))).toEqual({
    added: [
      'notify: true (override, permissions.yaml:3:11)',
      'exec: git log (override, permissions.yaml:2:10)',
      'deny fs_read: ~/a (override, permissions.yaml:5:15)',
    ],
    removed: ['exec: true (base, spoke.yaml:4:9)', 'fs_read: ~/b (override, permissions.yaml:2:13)'],
    more: 0,
  });
});

test('a rule that has only moved is neither new nor gone', () => {
  const before = under('creds:\n  fs_read: [~/b]\n');
  const after = under('# mine\n\ncreds:\n  fs_read: [~/b]\n');
  expect(compareRules(at(before), at(after))).toEqual({ added: [], removed: [], more: 0 });
});

test('while a new file waits to be confirmed, what it takes away is gone and what it adds is not there yet', () => {
  const spoke = compileManifest(MANIFEST);
  const inForce = compileOverrides('creds: {fs_read: [~/b]}\n');
  const pending = compileOverrides('creds: {fs_read: [~/c], deny: {exec: [rm ...]}}\n');
  const before = rightsUnder(spoke, { inForce, pending: null, problems: [] }).policies;
  const between = rightsUnder(spoke, { inForce, pending, problems: [] }).policies;
  const after = rightsUnder(spoke, { inForce: pending, pending: null, problems: [] }).policies;
  const [first, then] = [compareRules(at(before), at(between)), compareRules(at(between), at(after))];
  expect([first.removed, first.added]).toEqual([
    ['fs_read: ~/b (override, permissions.yaml:1:19)'],
    ['deny exec: rm ... (override, permissions.yaml:1:39)'],
  ]);
  expect([then.removed, then.added]).toEqual([[], ['fs_read: ~/c (override, permissions.yaml:1:19)']]);
});

test('a record of hundreds of rules has fifty of each kind, of bounded length, and how many more there were', () => {
  const long = 'x'.repeat(900);
  const paths = Array.from({ length: 200 }, (_, index) => `~/${index}-${long}`).join(', ');
  const { added, removed, more } = compareRules(at(under('')), at(under(`creds:\n  fs_read: [${paths}]\n`)));
  expect([added.length, removed.length, more]).toEqual([50, 0, 150]);
  expect(Math.max(...added.map((rule) => rule.length))).toBe(300);
});

test('what expires between two moments is gone, be it a right or a denial, and not where both lie on one side', () => {
  const entries = [
    'fs_read: [{path: ~/b, expires: 2030-01-01T01:00:00Z}]',
    'deny: {exec: [{command: rm ..., expires: 2030-01-01T01:00:00Z}]}',
  ];
  const policies = under(`creds: {${entries.join(', ')}}\n`);
  const HOUR = 3_600_000;
  expect(compareRules(at(policies), at(policies, NOW + HOUR))).toEqual({
    added: [],
    removed: [
      'fs_read: ~/b until 2030-01-01T01:00:00.000Z (override, permissions.yaml:1:19)',
      'deny exec: rm ... until 2030-01-01T01:00:00.000Z (override, permissions.yaml:1:78)',
    ],
    more: 0,
  });
  const none = { added: [], removed: [], more: 0 };
  expect(compareRules(at(policies), at(policies, NOW + HOUR - 1))).toEqual(none);
  expect(compareRules(at(policies, NOW + HOUR), at(policies, NOW + 2 * HOUR))).toEqual(none);
});
