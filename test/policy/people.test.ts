import { describe, expect, test } from 'vitest';
import { peopleRules } from '../../core/people-rules.ts';
import { DECISION_POINTS, decideBy } from '../../core/policy/decision-point.ts';
import { isDestructive } from '../../core/policy/destructive.ts';
import {
  DEFAULT_PEOPLE,
  DENY_ALL_PEOPLE,
  decidePerson,
  type PeoplePolicy,
  type Person,
  STRICT_PEOPLE,
} from '../../core/policy/people.ts';
import { configSchema, POLICY_NAMES } from '../../schemas/config.ts';
import { TIERS } from '../../schemas/tiers.ts';
import { askExec, askPlain, commandTarget } from '../support/queries.ts';
import { compileRights, manifestText } from '../support/rights.ts';

const STANDARD: Person = { tier: 'admin', elevated: false };
const ELEVATED: Person = { tier: 'admin', elevated: true };
const POLICIES: Readonly<Record<string, PeoplePolicy>> = {
  default: DEFAULT_PEOPLE,
  'deny-all': DENY_ALL_PEOPLE,
  strict: STRICT_PEOPLE,
};

/** What each predicate says of somebody, in one word each. */
function abilities(policy: PeoplePolicy, person: Person) {
  return {
    signalAll: policy.canSignal(person, 'all'),
    signalOne: policy.canSignal(person, 'one'),
    destructive: policy.canDestructive(person, 'git reset --hard') && policy.canDestructive(person, 'rm -rf'),
    command: ['ls', 'rm', 'git'].every((program) => policy.canExecuteCommand(person, [program])),
    child: policy.canSpawnChild(person),
    runner: policy.canSpawnRunner(person),
  };
}

const ALL = { signalAll: true, signalOne: true, destructive: true, command: true, child: true, runner: true };
const NONE = {
  ...{ signalAll: false, signalOne: false, destructive: false, command: false, child: false, runner: false },
};

describe('what somebody may do by themselves', () => {
  test.each<[string, Person, object]>([
    ['default', STANDARD, { ...NONE, signalOne: true }],
    ['default', ELEVATED, ALL],
    ['deny-all', STANDARD, NONE],
    ['deny-all', ELEVATED, NONE],
    ['strict', STANDARD, NONE],
    ['strict', ELEVATED, ALL],
  ])('under %s: %j', (name, person, expected) => {
    expect(abilities(POLICIES[name] ?? DENY_ALL_PEOPLE, person)).toEqual(expected);
  });

  test.each(POLICY_NAMES)(
    'under %s is the same at every tier: elevation lifts none, and needs none',
    (name) => {
      for (const elevated of [false, true]) {
        const seen = TIERS.map((tier) => abilities(DECISION_POINTS[name].people, { tier, elevated }));
        expect(new Set(seen.map((one) => JSON.stringify(one))).size).toBe(1);
      }
    },
  );

  test('after elevation was dropped is what it was before', () => {
    const dropped: Person = { ...ELEVATED, elevated: false };
    expect(abilities(DEFAULT_PEOPLE, dropped)).toEqual(abilities(DEFAULT_PEOPLE, STANDARD));
  });
});

const RULES = peopleRules(
  configSchema.parse({ people: { allow: ['git ...', 'id'], deny: ['git push ...', 'dash ...'] } }).people,
  '/config.yaml',
);
const NO_RULES = peopleRules(configSchema.parse({}).people, '/config.yaml');
const said = (policy: PeoplePolicy, rules: typeof RULES, person: Person, ...argv: readonly string[]) => {
  const { effect, reason } = decidePerson(policy, rules, person, commandTarget(argv));
  return [effect, reason];
};
const STANDARD_ASKS = ['ask', 'the session is not elevated'];

describe('a command of a person', () => {
  test.each<[string, Person, readonly string[], readonly string[]]>([
    ['is asked about at standard', STANDARD, ['/usr/bin/ls', '-la'], STANDARD_ASKS],
    [
      'is allowed where the session is elevated',
      ELEVATED,
      ['/usr/bin/ls'],
      ['allow', 'the session is elevated'],
    ],
    [
      'also one that is destructive',
      ELEVATED,
      ['/usr/bin/rm', '-rf', '/'],
      ['allow', 'the session is elevated'],
    ],
    ['is denied where it is empty', ELEVATED, ['  '], ['deny', 'empty command']],
    ['is denied where there is none', ELEVATED, [], ['deny', 'empty command']],
    ['is allowed by a rule', STANDARD, ['/usr/bin/id'], ['allow', 'allowed by people.allow: id']],
    [
      'is denied by a rule, whatever allows it',
      ELEVATED,
      ['/usr/bin/git', 'push'],
      ['deny', 'denied by people.deny: git push ...'],
    ],
    ['is not covered by a rule for other words', STANDARD, ['/usr/bin/id', '-u'], STANDARD_ASKS],
    [
      'is not allowed by a rule where it is destructive',
      STANDARD,
      ['/usr/bin/git', 'reset', 'HEAD~', '--hard'],
      ['ask', 'it is destructive (git reset --hard)'],
    ],
  ])('%s', (_what, person, argv, expected) => {
    expect(said(DEFAULT_PEOPLE, RULES, person, ...argv)).toEqual(expected);
  });

  test('is denied by any name that its program has', () => {
    const shell = { ...commandTarget(['/usr/bin/sh', '-c', 'id']), realNames: ['/usr/bin/dash', 'dash'] };
    expect(decidePerson(DEFAULT_PEOPLE, RULES, ELEVATED, shell).effect).toBe('deny');
  });

  test.each<[string, Person, string]>([
    ['deny-all', ELEVATED, 'deny'],
    ['deny-all', STANDARD, 'deny'],
    ['strict', STANDARD, 'deny'],
    ['strict', ELEVATED, 'allow'],
  ])('under %s: %j: %s, and nobody is asked', (name, person, effect) => {
    expect(
      decidePerson(POLICIES[name] ?? DENY_ALL_PEOPLE, RULES, person, commandTarget(['/usr/bin/id'])).effect,
    ).toBe(effect);
  });

  test('is asked about where the policy lets its person run it and start no job', () => {
    const policy = { ...DEFAULT_PEOPLE, canSpawnRunner: () => false };
    expect(said(policy, NO_RULES, ELEVATED, '/usr/bin/id')[0]).toBe('ask');
  });

  test('is denied where the policy throws, whatever the rules and the session are', () => {
    const broken = () => {
      throw new Error('broken');
    };
    const policy = { ...DEFAULT_PEOPLE, canExecuteCommand: broken, canDestructive: broken };
    expect(said(policy, NO_RULES, ELEVATED, '/usr/bin/id')).toEqual(['deny', 'the policy failed']);
    expect(said(policy, RULES, STANDARD, '/usr/bin/git', 'reset', '--hard')).toEqual([
      'deny',
      'the policy failed',
    ]);
  });
});

describe('destructive', () => {
  test.each<[string, string, boolean]>([
    ['rm -rf', 'rm -rf /', true],
    ['rm -rf', 'rm -fr /', true],
    ['rm -rf', 'rm / -r -f', true],
    ['rm -rf', 'rm -Rvrf /', true],
    ['rm -rf', 'rm -r /', false],
    ['rm -rf', 'rmdir -rf', false],
    ['git push --force', 'git push --force', true],
    ['git push --force', 'git push origin main --force', true],
    ['git push --force', 'git -C /x push --force', true],
    ['git push --force', 'git push --force=x', true],
    ['git push --force', 'git push --force-with-lease', false],
    ['git push --force', 'git pull --force', false],
    ['git reset --hard', 'git reset HEAD~3 --hard', true],
    ['git reset --hard', 'git reset --soft', false],
    ['git reset --hard', 'git reset --har', true],
    ['git reset --hard', 'git reset -- hard', false],
    ['git push --force', 'git push --forc=x', true],
    ['rm --recursive --force', 'rm --rec x --f', true],
  ])('%s is %s: %j', (words, command, expected) => {
    const [program = '', ...rest] = command.split(' ');
    expect(isDestructive(words.split(' '), commandTarget([`/usr/bin/${program}`, ...rest]))).toBe(expected);
  });

  test.each(['-rf', '-fR', '-R -f', '-r --force', '--recursive -f', '-R --for', '--rec --force'])(
    'is rm %s, as things are configured',
    (options) => {
      const { destructive } = configSchema.parse({}).people;
      const target = commandTarget(['/usr/bin/rm', ...options.split(' '), '/home']);
      expect(destructive.filter((words) => isDestructive(words.split(' '), target))).toHaveLength(1);
    },
  );

  test('is a command by every name that its program has', () => {
    const linked = { ...commandTarget(['/opt/tools/x', '-rf']), realNames: ['/usr/bin/rm', 'rm'] };
    expect(isDestructive(['rm', '-rf'], linked)).toBe(true);
  });
});

describe('what decides for spokes', () => {
  const policyOf = (rules: string) => [compileRights({ manifest: manifestText(rules) }).policy];
  const asking = [
    compileRights({ manifest: manifestText('exec: true'), overrides: 'creds: {exec: ask}' }).policy,
  ];

  test.each([
    ['default', 'allow', 'ask'],
    ['deny-all', 'deny', 'deny'],
    ['strict', 'allow', 'deny'],
  ] as const)('%s: what is allowed is %s, what is asked about %s', (name, allowed, asked) => {
    const point = DECISION_POINTS[name];
    expect(decideBy(point, policyOf('notify: true'), askPlain('notify')).effect).toBe(allowed);
    expect(decideBy(point, asking, askExec(['/usr/bin/id'])).effect).toBe(asked);
    expect(decideBy(point, policyOf('notify: false'), askPlain('notify')).effect).toBe('deny');
  });

  test('one that throws denies', () => {
    const point = {
      people: DEFAULT_PEOPLE,
      decide: () => {
        throw new Error('broken');
      },
    };
    expect(decideBy(point, policyOf('notify: true'), askPlain('notify'))).toEqual({
      ...{ effect: 'deny', reason: 'the policy failed', rule: null, source: 'system', viaOverride: false },
    });
  });
});
