import { mkdirSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { editsFor, editsToReset, type Wish } from '../../cli/permissions-wish.ts';
import { editYaml } from '../../cli/yaml-edit.ts';
import { commentsIn, dataOf, readSource } from '../../cli/yaml-source.ts';
import { plan } from '../../core/check/plan.ts';
import { compileOverrides, openSite } from '../../core/check/site.ts';
import { decide } from '../../core/policy/decide.ts';
import { describePolicy } from '../../core/policy/describe.ts';
import { EFFECTS } from '../../schemas/decision.ts';
import type { Effective } from '../../schemas/effective.ts';
import { placesFor } from '../../schemas/places.ts';
import { noHostPolicy } from '../support/host-policy.ts';
import { createPowers } from '../support/powers.ts';
import { askExec, askPath, askPlain, askPrivileged } from '../support/queries.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';
import { yamlFile } from './support/arbitrary-file.ts';

const wish = (
  effect: Wish['effect'],
  action: Wish['action'],
  pattern: string | null = null,
  terms: Wish['terms'] = {},
): Wish => ({ effect, spoke: 'creds', action, pattern, terms });

const NO_EXEC: Effective['exec'] = { value: false, source: 'base', origin: null, commands: [] };

function written(before: string, one: Wish, exec: Effective['exec'] = NO_EXEC): string {
  return editYaml(before, editsFor(one, parse(before) ?? {}, exec));
}

describe('a wish as the lines that fulfil it', () => {
  it.each([
    ['a path', '', wish('allow', 'fs_read', '~/a'), 'creds:\n  fs_read:\n    - ~/a\n'],
    [
      'for a while',
      '',
      wish('allow', 'fs_read', '~/a', { expires: '2030-01-01T00:00:00Z', reason: 'why' }),
      "creds:\n  fs_read:\n    - {path: ~/a, expires: '2030-01-01T00:00:00Z', reason: why}\n",
    ],
    [
      'that is there already',
      'creds: {fs_read: [~/a]}\n',
      wish('allow', 'fs_read', '~/a'),
      'creds: {fs_read: [~/a]}\n',
    ],
    [
      'that is there with an end',
      "creds: {fs_read: [{path: ~/a, expires: '2030-01-01T00:00:00Z'}]}\n",
      wish('allow', 'fs_read', '~/a'),
      'creds: {fs_read: [~/a]}\n',
    ],
    [
      'that is denied: no longer',
      'creds:\n  deny:\n    fs_read: [~/a, ~/b]\n',
      wish('allow', 'fs_read', '~/a'),
      'creds:\n  deny:\n    fs_read: [~/b]\n  fs_read:\n    - ~/a\n',
    ],
    [
      'denied beside what allows it',
      'creds: {fs_read: [~/a]}\n',
      wish('deny', 'fs_read', '~/a'),
      'creds: {fs_read: [~/a], deny: {fs_read: [~/a]}}\n',
    ],
    ['all of an action', '', wish('deny', 'fs_write'), 'creds:\n  deny:\n    fs_write:\n      - /**\n'],
    [
      'asked about',
      'creds: {deny: {exec: [git push]}}\n',
      wish('ask', 'exec', 'git push'),
      'creds:\n  ask:\n    exec:\n      - git push\n',
    ],
    ['a switch', 'creds:\n  notify: false # no\n', wish('allow', 'notify'), 'creds:\n  notify: true # no\n'],
    ['commands altogether', 'creds: {exec: [a, b]}\n', wish('deny', 'exec'), 'creds: {exec: false}\n'],
    [
      'a command where none may run',
      'creds:\n  exec: false\n',
      wish('allow', 'exec', 'git log ...'),
      'creds:\n  exec: [git log ...]\n',
    ],
    [
      'a command more',
      'creds:\n  exec:\n    - a\n',
      wish('allow', 'exec', 'b'),
      'creds:\n  exec:\n    - a\n    - b\n',
    ],
    [
      'an action of root, done without asking',
      'creds:\n  deny:\n    privileged: [restart_service, reboot]\n',
      wish('allow', 'privileged', 'restart_service'),
      'creds:\n  deny:\n    privileged: [reboot]\n  privileged:\n    - {action: restart_service, ask: false}\n',
    ],
    [
      'an action of root, asked about each time',
      'creds: {privileged: [{action: restart_service, ask: false}]}\n',
      wish('ask', 'privileged', 'restart_service'),
      'creds: {privileged: [restart_service]}\n',
    ],
    [
      'an action of root, never',
      'creds:\n  privileged: [restart_service]\n',
      wish('deny', 'privileged', 'restart_service', { reason: 'not here' }),
      'creds:\n  privileged: [restart_service]\n  deny:\n    privileged:\n      - {action: restart_service, reason: not here}\n',
    ],
  ])('%s', (_what, before, one, after) => {
    expect(written(before, one)).toBe(after);
  });

  it('a first command of an override takes along those of the manifest, whose place its list takes', () => {
    const commands = ['aws sso login', 'git log'].map((pattern) => ({
      ...{ pattern, source: 'base' as const, origin: 'spoke.yaml:1:1', expires: null, reason: null },
    }));
    const exec: Effective['exec'] = { ...NO_EXEC, value: 'commands', commands };
    expect(written('', wish('allow', 'exec', 'b'), exec)).toBe(
      'creds:\n  exec:\n    - aws sso login\n    - git log\n    - b\n',
    );
    expect(written('', wish('allow', 'exec', 'b'), { ...NO_EXEC, value: true })).toBe('');
  });

  it.each([
    [wish('ask', 'notify'), /^notify: expected exec, fs_read, fs_write or privileged/],
    [wish('deny', 'privileged'), /^privileged: expected the name of an action of root/],
    [wish('allow', 'notify', 'x'), /^notify: expected no pattern/],
    [wish('allow', 'fs_read'), /^fs_read: expected a path or a pattern/],
    [wish('ask', 'fs_read'), /^fs_read: expected a path or a pattern/],
    [wish('allow', 'notify', null, { reason: 'x' }), /^expected a pattern: only an entry/],
  ])('what cannot be said is refused', (one, message) => {
    expect(() => editsFor(one, {}, null)).toThrow(message);
  });
});

describe('a reset', () => {
  const FILE = 'creds:\n  exec: [a]\n  fs_read: [~/a, ~/b]\n  deny: {fs_read: [~/a], exec: [x]}\n';
  const reset = (action: string | null, pattern: string | null = null) =>
    editYaml(FILE, editsToReset({ spoke: 'creds', action, pattern }, parse(FILE)));

  it('of an action, of an entry, of everything', () => {
    expect(reset('fs_read')).toBe('creds:\n  exec: [a]\n  deny: {exec: [x]}\n');
    expect(reset('fs_read', '~/a')).toBe('creds:\n  exec: [a]\n  fs_read: [~/b]\n  deny: {exec: [x]}\n');
    expect(reset(null)).toBe('');
    expect(reset('notify')).toBe(FILE);
  });

  it('of an action of root takes it out of each list', () => {
    const file =
      'creds:\n  privileged: [{action: reboot, ask: false}, restart_service]\n  deny: {privileged: [reboot]}\n';
    const edits = editsToReset({ spoke: 'creds', action: 'privileged', pattern: 'reboot' }, parse(file));
    expect(editYaml(file, edits)).toBe('creds:\n  privileged: [restart_service]\n');
  });

  it('of the last command leaves an empty list, since without one the manifest would count again', () => {
    expect(reset('exec', 'a')).toBe(
      'creds:\n  exec: []\n  fs_read: [~/a, ~/b]\n  deny: {fs_read: [~/a], exec: [x]}\n',
    );
  });
});

/** Rules as the change of rights tells them, without their places. */
const bare = (rules: readonly string[]) => rules.map((rule) => rule.replace(/ \([^()]*\)$/, ''));

/** The rights of a spoke, each as a line, by another way than the one that tells of changes. */
function rightsLines(rights: Effective): readonly string[] {
  const { exec, notify, net, facts, exec_profile, restrictions } = rights;
  const until = ({ expires }: { expires: string | null }) => (expires === null ? '' : ` until ${expires}`);
  return [
    ...(exec.value === true || exec.value === 'ask' ? [`exec: ${exec.value}`] : []),
    ...(notify.value ? ['notify: true'] : []),
    ...(net.value ? ['net: true'] : []),
    ...(facts.value ? ['facts: true'] : []),
    `exec_profile: ${exec_profile.value}`,
    ...exec.commands.map((entry) => `exec: ${entry.pattern}${until(entry)}`),
    ...rights.fs_read.map((entry) => `fs_read: ${entry.pattern}${until(entry)}`),
    ...rights.fs_write.map((entry) => `fs_write: ${entry.pattern}${until(entry)}`),
    ...rights.privileged.map(
      (entry) => `privileged: ${entry.pattern}${entry.effect === 'allow' ? ' unasked' : ''}${until(entry)}`,
    ),
    ...restrictions.map((entry) => `${entry.effect} ${entry.action}: ${entry.pattern}${until(entry)}`),
  ];
}

const paths = fc.constantFrom('~/a', '~/b*', '~/n/**', '~/a/x', '/srv/{a,b}', '~/ä');
const terms = fc.constantFrom<Wish['terms']>(
  {},
  {},
  { expires: '2999-01-01T00:00:00Z' },
  { reason: 'it: "is" # so' },
);
const wishes = fc.oneof(
  fc.record({
    effect: fc.constantFrom(...EFFECTS),
    spoke: fc.constantFrom('creds', '*'),
    action: fc.constantFrom('fs_read' as const, 'fs_write' as const),
    pattern: paths,
    terms,
  }),
  fc.record({
    effect: fc.constantFrom(...EFFECTS),
    spoke: fc.constantFrom('creds', '*'),
    action: fc.constant('exec' as const),
    pattern: fc.constantFrom('git log ...', 'aws', 'git *'),
    terms,
  }),
  fc.record({
    effect: fc.constantFrom(...EFFECTS),
    spoke: fc.constantFrom('creds', '*'),
    action: fc.constant('privileged' as const),
    pattern: fc.constantFrom('reboot', 'restart_service'),
    terms,
  }),
  fc.record({
    effect: fc.constantFrom('allow' as const, 'deny' as const),
    spoke: fc.constantFrom('creds', '*'),
    action: fc.constantFrom('notify' as const, 'net' as const, 'exec' as const),
    pattern: fc.constant(null),
    terms: fc.constant({}),
  }),
);

it('any row of wishes leaves a valid file with all its comments, and changes the rights by what is told', async () => {
  const root = makeTemporaryDirectory();
  const home = root;
  const places = placesFor({ AXIUM_HOME: `${root}/axium` }, home);
  mkdirSync(`${places.spokesDirectory}/creds`, { recursive: true });
  writeFileSync(
    `${places.spokesDirectory}/creds/spoke.yaml`,
    'name: creds\nentrypoint: main:register\npermissions:\n  exec: [aws]\n  notify: true\n  fs_read: [~/a]\n',
  );
  writeFileSync(`${places.spokesDirectory}/creds/main.mjs`, '');
  const site = {
    ...{ powers: createPowers(), places, home, packageRoot: root },
    hostPolicy: noHostPolicy(root),
  };
  const open = await openSite(site);
  const policyUnder = (text: string) => {
    const [spoke] = open.book.list();
    if (!spoke) throw new Error('the spoke is not there');
    return open.rightsUnder(compileOverrides(open, text), false).of(spoke).policies[0];
  };
  await fc.assert(
    fc.asyncProperty(yamlFile, fc.array(wishes, { minLength: 1, maxLength: 4 }), async (file, row) => {
      let now = file.replace(/^\ufeff/, '');
      for (const one of row) {
        const { exec } = describePolicy(policyUnder(now));
        const text = editYaml(now, editsFor(one, dataOf(readSource(now)), exec));
        const { ok, changes, problems } = await plan(site, { before: now, text });
        expect({ ok, problems }).toEqual({ ok: true, problems: [] });
        const [had, has] = [now, text].map(
          (version) => new Set(rightsLines(describePolicy(policyUnder(version)))),
        );
        const told = changes?.find(({ spoke }) => spoke === 'creds') ?? { added: [], removed: [], more: 0 };
        expect(new Set(bare(told.added))).toEqual(
          new Set([...(has ?? [])].filter((right) => !had?.has(right))),
        );
        expect(new Set(bare(told.removed))).toEqual(
          new Set([...(had ?? [])].filter((right) => !has?.has(right))),
        );
        const left = commentsIn(text).map((comment) => comment.text);
        for (const { text: was } of commentsIn(now)) {
          expect(left).toContain(was);
          left.splice(left.indexOf(was), 1);
        }
        // What was denied is denied, whatever else is said; of switches the spoke's own section has the last word.
        if (one.effect === 'deny' && (one.pattern !== null || one.spoke === 'creds'))
          expect(decide(policyUnder(text), aboutThis(one, home)).effect).toBe('deny');
        now = text;
      }
    }),
    { numRuns: 20 },
  );
});

/** A request that a wish is about. */
function aboutThis({ action, pattern }: Wish, home: string) {
  if (action === 'exec')
    return askExec([
      `/usr/bin/${(pattern ?? 'aws').replace(/ .*/, '')}`,
      ...(pattern?.includes(' ') ? ['log'] : []),
    ]);
  if (action === 'fs_read' || action === 'fs_write') {
    const path = (pattern ?? '')
      .replace('~', home)
      .replace('{a,b}', 'a')
      .replaceAll('**', 'x')
      .replaceAll('*', 'x');
    return askPath(action, path);
  }
  if (action === 'privileged') return askPrivileged(pattern ?? '');
  return askPlain(action);
}
