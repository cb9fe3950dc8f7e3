import { describe, expect, it } from 'vitest';
import { decide } from '../../core/policy/decide.ts';
import { describePolicy } from '../../core/policy/describe.ts';
import { droppedRestrictions } from '../../core/registry/dropped.ts';
import { layersFor, remarksFor } from '../../core/registry/load-overrides.ts';
import type { OverridesState } from '../../core/registry/overrides-file.ts';
import { createRights } from '../../core/registry/rights.ts';
import { spokePermissions } from '../../core/registry/spoke-permissions.ts';
import { askPath, askPlain } from '../support/queries.ts';
import { compileManifest, compileOverrides, compileRights, GUARD, manifestText } from '../support/rights.ts';

const SPOKE = compileManifest(manifestText('exec: true\nnotify: true'));
const stateOf = (inForce: string | null, pending: string | null = null): OverridesState => ({
  inForce: inForce === null ? null : compileOverrides(inForce),
  pending: pending === null ? null : compileOverrides(pending),
  problems: [],
});

describe('the rights of a spoke', () => {
  it('are one policy, and two while a new permissions.yaml waits to be confirmed', () => {
    const policiesUnder = (state: OverridesState, strict = false) =>
      createRights({ strict: () => strict, guard: () => GUARD, overrides: () => state }).of(SPOKE).policies
        .length;
    expect(policiesUnder(stateOf(''))).toBe(1);
    expect(policiesUnder(stateOf(null))).toBe(1);
    expect(policiesUnder(stateOf('', 'creds: {exec: false}'))).toBe(2);
    expect(policiesUnder(stateOf('', 'creds: {exec: false}'), true)).toBe(1);
  });

  it('are kept until the overrides change, and made anew then', () => {
    let state = stateOf('');
    const rights = createRights({ strict: () => false, guard: () => GUARD, overrides: () => state });
    const before = rights.of(SPOKE);
    expect(rights.of(SPOKE)).toBe(before);
    state = stateOf('creds: {notify: false}');
    expect(decide(rights.of(SPOKE).policies[0], askPlain('notify')).effect).toBe('deny');
    expect(rights.of(SPOKE).hash).not.toBe(before.hash);
  });

  it('stay the same object while a change of the overrides is none for the spoke', () => {
    const inForce = compileOverrides('creds: {exec: false}');
    const pending = compileOverrides('creds: {notify: false}');
    let state: OverridesState = { inForce, pending, problems: [] };
    const rights = createRights({ strict: () => false, guard: () => GUARD, overrides: () => state });
    const waiting = rights.of(SPOKE);
    // Found broken: what counts is what counted.
    state = { ...state, problems: [{ origin: { file: 'x', line: 1, column: 1 }, message: 'x', frame: '' }] };
    expect(rights.of(SPOKE)).toBe(waiting);
    // Confirmed: the policy that waited is the one in force.
    state = { inForce: pending, pending: null, problems: [] };
    expect(rights.of(SPOKE).policies).toEqual([waiting.policies[1]]);
    expect(rights.of(SPOKE).policies[0]).toBe(waiting.policies[1]);
    expect(rights.of(SPOKE).hash).not.toBe(waiting.hash);
  });

  it('are made anew by an edit of permissions.yaml for those spokes only that it concerns', () => {
    const other = compileManifest(manifestText('notify: true').replace('creds', 'other'));
    let state = stateOf('creds: {exec: false}');
    let made = 0;
    const guard = () => {
      made += 1;
      return GUARD;
    };
    const rights = createRights({ strict: () => false, guard, overrides: () => state });
    const [creds, others] = [rights.of(SPOKE), rights.of(other)];
    expect(made).toBe(2);
    for (const text of ['creds: {exec: ask}', 'creds: {exec: true}']) {
      state = stateOf(text);
      expect(rights.of(other)).toBe(others);
      expect(rights.of(SPOKE)).not.toBe(creds);
    }
    expect(made).toBe(4);
    // What every spoke is told concerns each.
    state = stateOf('"*": {notify: false}');
    expect(decide(rights.of(other).policies[0], askPlain('notify')).effect).toBe('deny');
    // Without a file that could be trusted nothing is open, whatever was the same before.
    state = stateOf(null);
    expect(decide(rights.of(other).policies[0], askPlain('notify')).effect).toBe('deny');
    state = stateOf('');
    expect(decide(rights.of(other).policies[0], askPlain('notify')).effect).toBe('allow');
  });

  it('are made anew when the guarded places changed', () => {
    let guard = GUARD;
    const writer = compileManifest(manifestText('fs_write: [/srv/new/*]'));
    const rights = createRights({ strict: () => false, guard: () => guard, overrides: () => stateOf('') });
    const state = stateOf('');
    const kept = createRights({ strict: () => false, guard: () => guard, overrides: () => state });
    const effect = (of: typeof rights) =>
      decide(of.of(writer).policies[0], askPath('fs_write', '/srv/new/x')).effect;
    expect(effect(kept)).toBe('allow');
    guard = { ...GUARD, neverWrite: ['/srv/new'] };
    kept.forget();
    expect(effect(kept)).toBe('deny');
  });

  it('have a hash that tells different ones apart and the same ones not', () => {
    const hash = (manifest: string, overrides = '') => {
      const spoke = compileManifest(manifestText(manifest));
      const state = stateOf(overrides);
      return createRights({ strict: () => false, guard: () => GUARD, overrides: () => state }).of(spoke).hash;
    };
    expect(hash('exec: true')).toBe(hash('exec: true'));
    const different = [
      hash('exec: true'),
      hash('exec: false'),
      hash('notify: true'),
      hash('fs_read: [/a]'),
      hash('fs_write: [/a]'),
      hash('fs_read: [/a]', 'creds: {deny: {fs_read: [/a]}}'),
      hash('fs_read: [/a]', 'creds: {ask: {fs_read: [/a]}}'),
      hash('fs_read: [{path: /a, expires: 2030-01-01T00:00:00Z}]'),
    ];
    expect(new Set(different).size).toBe(different.length);
  });
});

it('strict mode tells of every restriction that it drops, and of no grant', () => {
  const overrides = compileOverrides(
    [
      '"*":',
      '  deny: {fs_read: [/etc/*]}',
      'creds:',
      '  exec: false',
      '  notify: true',
      '  fs_read: [/srv/a]',
      '  exec_profile: scoped',
      '  deny: {exec: [rm ...]}',
      '  ask: {fs_write: [/srv/b]}',
      'aws:',
      '  exec: false',
    ].join('\n'),
  );
  expect([...droppedRestrictions(layersFor(overrides, 'creds'))].sort()).toEqual([
    'permissions.yaml:2:20',
    'permissions.yaml:4:9',
    'permissions.yaml:7:17',
    'permissions.yaml:8:17',
    'permissions.yaml:9:20',
  ]);
});

it('a list of commands and exec: ask are restrictions that strict mode drops', () => {
  const dropped = (text: string) => droppedRestrictions(layersFor(compileOverrides(text), 'creds'));
  expect(dropped('creds:\n  exec: ask')).toEqual(['permissions.yaml:2:9']);
  expect(dropped('creds:\n  exec: [aws]')).toEqual(['permissions.yaml:2:9']);
  expect(dropped('creds:\n  exec: true')).toEqual([]);
});

it('the layers and remarks of a spoke are those of "*" and its own, in that order', () => {
  const overrides = compileOverrides(
    'aws: {fs_read: [~/**]}\ncreds: {notify: true, fs_read: [~/**]}\n"*": {notify: false, fs_write: [/tmp/x/]}\n',
  );
  expect(layersFor(overrides, 'creds').map(({ switches }) => switches.notify?.value)).toEqual([false, true]);
  expect(layersFor(overrides, 'other')).toHaveLength(1);
  const lines = remarksFor(overrides, 'creds').map(({ origin }) => origin.line);
  expect(lines.at(-1)).toBe(2);
  expect(lines.slice(0, -1)).toContain(3);
  expect(lines).not.toContain(1);
});

it('what a spoke may do is told with the file that overrides it, and the remarks on its entries', () => {
  const { policy } = compileRights({
    manifest: manifestText('fs_read: [~/**]'),
    overrides: 'creds: {notify: true}',
  });
  const spoke = compileManifest(manifestText('fs_read: [~/**]'));
  const remarks = [{ origin: { file: 'permissions.yaml', line: 1, column: 9 }, message: 'something' }];
  const input = { spoke, policy, level: 'none', permissionsFile: '/x/permissions.yaml', remarks };
  expect(spokePermissions(input)).toEqual({
    name: 'creds',
    version: '0.0.0',
    effective: describePolicy(policy),
    override_source: '/x/permissions.yaml',
    level: 'none',
    warnings: [
      "spoke.yaml:4:13: fs_read '~/**' opens a whole tree of files",
      'permissions.yaml:1:9: something',
    ],
  });
  const bare = compileRights({ manifest: manifestText('notify: true') }).policy;
  expect(spokePermissions({ ...input, policy: bare }).override_source).toBeNull();
});
