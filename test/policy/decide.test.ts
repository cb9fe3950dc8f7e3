import { describe, expect, it } from 'vitest';
import { decide, decideStrictest, type Query } from '../../core/policy/decide.ts';
import { ACTIONS } from '../../schemas/actions.ts';
import { plainDecision } from '../support/plain-decision.ts';
import { askExec, askPath, askPlain } from '../support/queries.ts';
import {
  compileManifest,
  compileOverrides,
  compileRights,
  manifestText,
  rightsUnder,
} from '../support/rights.ts';

const GENEROUS = manifestText(
  'exec: true\nnotify: true\nnet: true\nfacts: true\nfs_read: [/srv/*]\nfs_write: [/srv/*]',
);

describe('while no permissions.yaml could ever be trusted', () => {
  const spoke = compileManifest(GENEROUS);
  const [closed] = rightsUnder(spoke, { inForce: null, pending: null, problems: [] }).policies;
  const questions: Query[] = [
    askExec(['/usr/bin/aws']),
    askPath('fs_read', '/srv/a'),
    askPath('fs_write', '/srv/a'),
    ...ACTIONS.filter((action) => !['exec', 'fs_read', 'fs_write'].includes(action)).map((action) =>
      askPlain(action),
    ),
  ];

  it('a spoke may set its HUD segment and look at its own rights, and nothing else', () => {
    const allowed = questions.filter((question) => decide(closed, question).effect !== 'deny');
    expect(allowed.map(({ action }) => action)).toEqual(['hud', 'permissions', 'command']);
  });

  it('the denial says so', () => {
    expect(plainDecision(decide(closed, askPlain('notify')))).toEqual({
      effect: 'deny',
      reason: 'no valid permissions.yaml has ever been read',
      rule: 'built in (system) deny notify: *',
      source: 'system',
      viaOverride: false,
    });
  });

  it('in strict mode the manifest counts all the same', () => {
    const [strict] = rightsUnder(spoke, { inForce: null, pending: null, problems: [] }, true).policies;
    expect(decide(strict, askExec(['/usr/bin/aws'])).effect).toBe('allow');
  });
});

describe('of several policies the strictest answers', () => {
  const under = (overrides: string) => compileRights({ manifest: GENEROUS, overrides }).policy;
  const allowing = under('');
  const asking = under('creds: {exec: ask}');
  const denying = under('creds: {exec: false}');
  const question = askExec(['/usr/bin/aws']);

  it.each([
    ['deny over allow', [allowing, denying], 'deny'],
    ['deny over allow, the other way round', [denying, allowing], 'deny'],
    ['ask over allow', [asking, allowing], 'ask'],
    ['deny over ask', [asking, denying], 'deny'],
    ['allow where all allow', [allowing, allowing], 'allow'],
  ] as const)('%s', (_, policies, effect) => {
    expect(decideStrictest(policies, question).effect).toBe(effect);
  });

  it('with the rule that made it so', () => {
    const decision = plainDecision(decideStrictest([denying, allowing], question));
    expect(decision).toEqual(plainDecision(decide(denying, question)));
    expect(decision.viaOverride).toBe(true);
  });

  it('and none at all is a denial', () => {
    expect(decideStrictest([], question)).toMatchObject({ effect: 'deny', source: 'system' });
  });
});

it('an action whose target was not resolved is denied', () => {
  const { policy } = compileRights({ manifest: GENEROUS });
  const wrong: Query[] = [
    { ...askPlain('exec') },
    { ...askPlain('fs_read') },
    { ...askPlain('fs_write') },
    { ...askPath('fs_read', '/srv/a'), action: 'exec' },
    { ...askExec(['/usr/bin/aws']), action: 'fs_read' },
  ];
  expect(wrong.map((query) => decide(policy, query).effect)).toEqual(wrong.map(() => 'deny'));
});

it('the same policy and question give the same decision, and neither is changed by it', () => {
  const { policy } = compileRights({ manifest: GENEROUS, overrides: 'creds: {deny: {fs_read: [/srv/b]}}' });
  const question = askPath('fs_read', '/srv/b');
  const before = structuredClone(question);
  expect(decide(policy, question)).toEqual(decide(policy, question));
  expect(question).toEqual(before);
});

describe('the strictest of several entries decides, in whichever section it is', () => {
  const effects = (overrides: string) => {
    const { policy } = compileRights({ manifest: GENEROUS, overrides });
    return [askPath('fs_read', '/srv/a'), askExec(['/usr/bin/aws'])].map(
      (question) => decide(policy, question).effect,
    );
  };

  it.each([
    ['a denial of the spoke, a question for all', '"*": {ask: RULES}\ncreds: {deny: RULES}'],
    ['a question for the spoke, a denial for all', '"*": {deny: RULES}\ncreds: {ask: RULES}'],
    ['both for the spoke', 'creds: {ask: RULES, deny: RULES}'],
  ])('%s', (_, overrides) => {
    expect(effects(overrides.replaceAll('RULES', '{fs_read: [/srv/a], exec: [aws]}'))).toEqual([
      'deny',
      'deny',
    ]);
  });
});

it('a program is denied by every name that it has, and allowed only by those that it was asked for by', () => {
  const effect = (overrides: string) => {
    const { policy } = compileRights({ manifest: manifestText('exec: false'), overrides });
    const query = askExec(['/usr/bin/sh']);
    const target = { ...query.target, realNames: ['/usr/bin/dash', 'dash'] } as typeof query.target;
    return decide(policy, { ...query, target }).effect;
  };
  expect(effect('creds: {exec: [sh]}')).toBe('allow');
  expect(effect('creds: {exec: [dash]}')).toBe('deny');
  expect(effect('creds: {exec: true, deny: {exec: [dash ...]}}')).toBe('deny');
  expect(effect('creds: {exec: true, deny: {exec: [/usr/bin/dash]}}')).toBe('deny');
  expect(effect('creds: {exec: true, ask: {exec: [dash]}}')).toBe('ask');
});

describe('a grant to every spoke is told of', () => {
  it.each([
    ['a switch', '"*":\n  notify: true', 'permissions.yaml:2:11'],
    ['exec', '"*":\n  exec: true', 'permissions.yaml:2:9'],
    ['a list of commands', '"*":\n  exec: [aws sso login]', 'permissions.yaml:2:9'],
    ['a path', '"*":\n  fs_read: [/etc/hosts]', 'permissions.yaml:2:13'],
  ])('%s', (_, text, origin) => {
    const remarks = compileOverrides(text).warnings.get('*') ?? [];
    expect(remarks.map(({ origin: { file, line, column } }) => `${file}:${line}:${column}`)).toContain(
      origin,
    );
  });

  it('but not a restriction of every spoke, nor a grant to one', () => {
    const { warnings } = compileOverrides(
      '"*":\n  exec: false\n  deny: {fs_read: [/etc/*]}\ncreds:\n  exec: true',
    );
    expect([...warnings.values()].flat()).toEqual([]);
  });
});
