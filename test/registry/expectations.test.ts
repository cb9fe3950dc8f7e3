import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { declaredRights } from '../../core/policy/consent.ts';
import { decideStrictest } from '../../core/policy/decide.ts';
import { type Standing, unmetExpectations } from '../../core/registry/expectations.ts';
import { formatProblem } from '../../core/registry/problem.ts';
import { overridesIn, watchOverrides } from '../support/overrides-file.ts';
import { askPlain, NOW } from '../support/queries.ts';
import { compileManifest, compileOverrides, GUARD, manifestText } from '../support/rights.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';

const SPOKE = compileManifest(manifestText('exec: [git log ...]\nnotify: true\nfs_read: [~/notes/*]'));
const SPOKES = new Map([['creds', SPOKE]]);

const ALL_COUNTS: Standing = { consent: () => null, closed: () => null };

/** What a file fails of what it expects, each as the message at its place. */
function failing(text: string, now = NOW, standing: Standing = ALL_COUNTS): readonly string[] {
  const unmet = unmetExpectations(compileOverrides(text), SPOKES, { guard: GUARD, now, standing });
  return unmet.map((problem) => formatProblem(problem).split('\n')[0] ?? '');
}

const expecting = (entry: string, before = '') => `${before}expect:\n  - {${entry}}\n`;

describe('what a file expects of itself', () => {
  it.each([
    ['spoke: creds, action: notify, effect: allow', ''],
    ['spoke: creds, action: fs_read, resource: ~/notes/a, effect: allow', ''],
    [
      'spoke: creds, action: fs_read, resource: ~/notes/a, effect: deny',
      'creds: {deny: {fs_read: [~/notes/a]}}\n',
    ],
    [
      'spoke: creds, action: fs_read, resource: ~/notes/a, effect: ask',
      'creds: {ask: {fs_read: [~/notes/a]}}\n',
    ],
    ['spoke: creds, action: fs_write, resource: ~/notes/a, effect: deny', ''],
    ['spoke: creds, action: exec, resource: git log -3, effect: allow', ''],
    ['spoke: creds, action: exec, resource: git push, effect: deny', ''],
    ['spoke: creds, action: net, effect: deny', ''],
    ['spoke: creds, action: privileged, resource: reboot, effect: ask', 'creds: {privileged: [reboot]}\n'],
    ['spoke: creds, action: privileged, resource: reboot, effect: deny', ''],
    ['spoke: nobody, action: net, effect: allow', ''],
  ])('{%s} holds', (entry, before) => {
    expect(failing(expecting(entry, before))).toEqual([]);
  });

  it('is told with its place and what was decided instead, all at once', () => {
    const text =
      'creds:\n  notify: false\nexpect:\n  - {spoke: creds, action: notify, effect: allow}\n  - {spoke: creds, action: exec, resource: git push, effect: ask}\n';
    expect(failing(text)).toEqual([
      'permissions.yaml:4:5: expected allow of creds notify; found deny: denied by notify: false (permissions.yaml:2:11)',
      'permissions.yaml:5:5: expected ask of creds exec git push; found deny: no rule allows it',
    ]);
  });

  it('an entry that has expired no longer fulfils it', () => {
    const text = expecting(
      'spoke: creds, action: fs_read, resource: /srv/a, effect: allow',
      'creds:\n  fs_read: [{path: /srv/a, expires: "2031-01-01T00:00:00Z"}]\n',
    );
    expect(failing(text)).toEqual([]);
    expect(failing(text, Date.parse('2031-01-01T00:00:00Z'))).toHaveLength(1);
  });

  it.each([
    ['spoke: creds, action: fs_read, effect: deny', '2:5: expected a resource: the path that is asked for'],
    [
      'spoke: creds, action: net, resource: x, effect: deny',
      '2:43: expected no resource: net is about nothing else',
    ],
    [
      'spoke: creds, action: fs_raed, resource: x, effect: deny',
      "2:28: expected one of notify, exec, fs_read, ...; found the text 'fs_raed'; did you mean 'fs_read'?",
    ],
    [
      'spoke: Creds, action: net, effect: deny',
      '2:13: expected a lower-case letter, then up to 63 lower-case letters, digits or hyphens',
    ],
    ['spoke: creds, action: net, efect: deny', "2:33: unknown key 'efect'; did you mean 'effect'?"],
  ])('{%s} is refused at its place', (entry, problem) => {
    expect(() => compileOverrides(expecting(entry))).toThrow(`permissions.yaml:${problem}`);
  });

  it('a resource that is no path is told, and not decided on', () => {
    expect(failing(expecting('spoke: creds, action: fs_read, resource: notes/a, effect: deny'))).toEqual([
      "permissions.yaml:2:5: resource: expected an absolute path, or one that begins with '~/', without '..'",
    ]);
  });
});

describe('of a spoke whose user has consented to less than it declares', () => {
  const { base } = compileManifest(manifestText('notify: true'));
  const consent = () => ({ rights: declaredRights(base), code: null, directory: null, at: null });
  const waiting: Standing = { consent, closed: () => null };
  const renamed: Standing = { consent, closed: () => 'it took another name' };

  it.each([
    ['exec, resource: git log, effect: deny', 'what waits is not there yet', waiting],
    ['exec, resource: git log, effect: allow', 'what waits may come', waiting],
    ['notify, effect: allow', 'what was consented to counts', waiting],
    ['notify, effect: deny', 'all waits where it took another name', renamed],
  ])('{action: %s} holds: %s', (entry, _why, standing) => {
    expect(failing(expecting(`spoke: creds, action: ${entry}`), NOW, standing)).toEqual([]);
  });

  it.each([
    ['notify, effect: deny', 'allow', '', waiting],
    ['facts, effect: allow', 'deny', '', waiting],
    ['exec, resource: git log, effect: ask', 'allow', '', waiting],
    ['exec, resource: git push, effect: deny', 'allow', 'creds: {exec: [git push]}\n', waiting],
    ['facts, effect: allow', 'deny', '', renamed],
  ])('{action: %s} fails with what waits and without: %s', (entry, found, before, standing) => {
    expect(failing(expecting(`spoke: creds, action: ${entry}`, before), NOW, standing)).toEqual([
      expect.stringContaining(`; found ${found}: `),
    ]);
  });
});

it('a file that fails its own expectations is refused like a broken one: what was in force stays', async () => {
  const directory = makeTemporaryDirectory();
  const watched = watchOverrides(directory, {}, undefined, {
    failures: (version) =>
      unmetExpectations(version, SPOKES, { guard: GUARD, now: NOW, standing: ALL_COUNTS }),
  });
  const notify = () => decideStrictest(watched.policiesOf(SPOKE), askPlain('notify')).effect;
  const expected = expecting('spoke: creds, action: notify, effect: deny');
  writeFileSync(overridesIn(directory), `creds: {notify: false}\n${expected}`);
  await watched.settle();
  expect([notify(), watched.overrides.state.problems]).toEqual(['deny', []]);
  writeFileSync(overridesIn(directory), `creds: {notify: true}\n${expected}`);
  expect(await watched.settle()).toEqual([]);
  expect(notify()).toBe('deny');
  expect(watched.overrides.state.problems.map(({ origin }) => origin.line)).toEqual([3]);
});
