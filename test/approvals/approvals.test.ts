import { describe, expect, test } from 'vitest';
import { ASK_LIMITS } from '../../core/approvals/pending.ts';
import { MAX_SHOWN } from '../../core/approvals/show-words.ts';
import type { Grant } from '../../core/broker.ts';
import { callerWith } from '../control/support/caller.ts';
import { askExec } from '../support/queries.ts';
import { compileRights, manifestText } from '../support/rights.ts';
import { ELSEWHERE, found, makeApprovals, OF_SPOKE, POLICY, SOMEBODY, UNSURE } from './support.ts';

const LOG = ['git', 'log'] as const;

/** What a yes covers when it is claimed: the first, second, ... time. */
const claims = (grant: Grant | null, times: number, target = found(...LOG), policy = POLICY) =>
  Array.from({ length: times }, () => grant?.covers(target, policy) ?? false);

describe('a question', () => {
  test('is shown as what it is', async () => {
    const { ask, people, powers } = await makeApprovals();
    void ask('creds', 'aws', 'sso', 'login now');
    expect(people.approvals.list()).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f]{32}$/),
        principal: 'spoke:creds',
        action: 'exec',
        what: "/usr/bin/aws sso 'login now'",
        cwd: expect.any(String),
        why: 'a person is asked because of exec: ask',
        origin: 'built in',
        waiting: 1,
        asked: new Date(powers.clock.now()).toISOString(),
        expires: new Date(powers.clock.now() + 300_000).toISOString(),
        grantPattern: 'aws',
        alwaysPattern: '/usr/bin/aws sso ...',
        alwaysDestructive: false,
      },
    ]);
  });

  test('that is approved covers exactly that, once', async () => {
    const { ask, only, people, names } = await makeApprovals();
    const asked = ask('creds', ...LOG);
    await people.approvals.approve(only(), { once: true }, SOMEBODY);
    const grant = await asked;
    expect(grant?.rule).toMatchObject({ effect: 'allow', source: 'grant', pattern: '/usr/bin/git log' });
    expect(claims(grant, 1, found('git', 'log', '-p'))).toEqual([false]);
    expect(claims(grant, 2)).toEqual([true, false]);
    expect(people.approvals.list()).toEqual([]);
    expect(names()).toEqual(['approval_asked', 'grant_added', 'approval_answered']);
  });

  test('that is approved under one policy covers nothing under another', async () => {
    const { ask, only, people } = await makeApprovals();
    const asked = ask('creds', ...LOG);
    await people.approvals.approve(only(), { once: true }, SOMEBODY);
    expect(claims(await asked, 1, found(...LOG), 'another policy')).toEqual([false]);
  });

  test('that is rejected is a no, with its reason on record', async () => {
    const { ask, only, people, events } = await makeApprovals();
    const asked = ask('creds', ...LOG);
    people.approvals.reject(only(), 'not today', SOMEBODY);
    expect(await asked).toBeNull();
    expect(events.at(-1)).toMatchObject({
      name: 'approval_rejected',
      detail: { principal: 'spoke:creds', by: 'user:1000', reason: 'rejected by user:1000: not today' },
    });
  });

  test('cannot be answered twice, whichever the answers are', async () => {
    const { ask, only, people } = await makeApprovals();
    const asked = ask('creds', ...LOG);
    const id = only();
    const yes = () => people.approvals.approve(id, { once: true }, SOMEBODY);
    const answers = await Promise.allSettled([yes(), yes(), people.approvals.modify(id, ['id'], SOMEBODY)]);
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
    expect(() => people.approvals.reject(id, '', SOMEBODY)).toThrow('no such question waits');
    expect(claims(await asked, 2)).toEqual([true, false]);
  });

  test('that nobody answers is a no after its time, and cannot be answered then', async () => {
    const { ask, only, people, powers, names } = await makeApprovals({
      config: { approvals: { expire: '1m' } },
    });
    const asked = ask('creds', ...LOG);
    const id = only();
    powers.clock.advance(59_999);
    expect(only()).toBe(id);
    powers.clock.advance(1);
    expect(await asked).toBeNull();
    await expect(people.approvals.approve(id, { once: true }, SOMEBODY)).rejects.toThrow(
      'no such question waits',
    );
    expect(names()).toEqual(['approval_asked', 'approval_expired']);
  });

  test('is a no where the rules have changed since, and nobody can say yes to it', async () => {
    const world = await makeApprovals();
    const asked = world.ask('creds', ...LOG);
    world.policy = 'another policy';
    await expect(world.people.approvals.approve(world.only(), { once: true }, SOMEBODY)).rejects.toThrow(
      'the rules have changed since it was asked; it has to be asked again',
    );
    expect(await asked).toBeNull();
  });

  test('is a no where the daemon ends', async () => {
    const { ask, people } = await makeApprovals();
    const asked = ask('creds', ...LOG);
    people.stop();
    expect(await asked).toBeNull();
    expect(await ask('creds', 'id')).toBeNull();
  });

  test('has expired for the daemon that comes after one that was killed', async () => {
    const first = await makeApprovals();
    void first.ask('creds', ...LOG);
    const id = first.only();
    await first.kept();
    const second = await makeApprovals({ home: first.home });
    expect(second.people.approvals.list()).toEqual([]);
    expect(second.events).toEqual([
      {
        name: 'approval_expired',
        detail: { id, principal: 'spoke:creds', why: 'the daemon was started again' },
      },
    ]);
    await expect(second.people.approvals.approve(id, { once: true }, SOMEBODY)).rejects.toThrow(
      'no such question',
    );
    expect(second.people.grants.list()).toEqual([]);
  });

  test('that is too long to be looked at is refused', async () => {
    const { ask, people, events } = await makeApprovals();
    expect(await ask('creds', 'echo', ' '.repeat(100_000), 'rm')).toBeNull();
    expect(people.approvals.list()).toEqual([]);
    expect(events).toMatchObject([
      {
        name: 'approval_refused',
        detail: { why: `it is longer than the ${MAX_SHOWN} characters that a person can be shown` },
      },
    ]);
    const [{ detail } = { detail: {} }] = events;
    expect(JSON.stringify(detail).length).toBeLessThan(2 * MAX_SHOWN + 500);
  });
});

describe('who says yes', () => {
  test.each([
    ['what runs for the spoke itself', OF_SPOKE],
    ['what runs for another spoke', { ...OF_SPOKE, principal: 'spoke:other' }],
    ['a process in another pid namespace', ELSEWHERE],
    ['a process that is gone', UNSURE],
    ['somebody of whom the kernel says nothing', { ...SOMEBODY, identity: 'unknown' as const }],
  ])('is never %s', async (_who, caller) => {
    const { ask, only, people, names } = await makeApprovals();
    void ask('creds', ...LOG);
    const id = only();
    await expect(people.approvals.approve(id, { once: true }, caller)).rejects.toMatchObject({
      code: 'denied',
    });
    await expect(people.approvals.modify(id, ['id'], caller)).rejects.toMatchObject({ code: 'denied' });
    // It still waits for somebody who may.
    expect(only()).toBe(id);
    expect(names()).toEqual(['approval_asked']);
  });
});

describe('what is asked more than once', () => {
  test('is one question, and a yes for once lets one of them go on', async () => {
    const { ask, only, people } = await makeApprovals();
    const asked = [ask('creds', ...LOG), ask('creds', ...LOG), ask('creds', ...LOG)];
    expect(people.approvals.list()).toMatchObject([{ waiting: 3 }]);
    await people.approvals.approve(only(), { once: true }, SOMEBODY);
    const claimed = (await Promise.all(asked)).map((grant) => claims(grant, 1)[0]);
    expect(claimed).toEqual([true, false, false]);
  });

  test('is one question each for other spokes, words and policies', async () => {
    const world = await makeApprovals();
    void world.ask('creds', ...LOG);
    void world.ask('other', ...LOG);
    void world.ask('creds', 'git', 'log', '');
    world.policy = 'another policy';
    void world.ask('creds', ...LOG);
    expect(world.people.approvals.list()).toHaveLength(4);
  });

  test('has its bounds: of one spoke, of those that wait for one answer, and over time', async () => {
    const { ask, people, powers } = await makeApprovals();
    const ofOne = Array.from({ length: ASK_LIMITS.ofOne }, (_, index) => ask('creds', 'echo', `${index}`));
    expect(await ask('creds', 'echo', 'one more')).toBeNull();
    const waiting = Array.from({ length: ASK_LIMITS.waiting - 1 }, () => ask('creds', 'echo', '0'));
    expect(await ask('creds', 'echo', '0')).toBeNull();
    // Another spoke is not kept from asking.
    void ask('other', 'echo');
    expect(people.approvals.list()).toHaveLength(ASK_LIMITS.ofOne + 1);
    people.approvals.veto('spoke:creds', SOMEBODY);
    expect(await Promise.all([...ofOne, ...waiting])).toEqual(
      Array(ofOne.length + waiting.length).fill(null),
    );
    for (let more = ASK_LIMITS.ofOne; more < ASK_LIMITS.perMinute; more += 1) {
      const asked = ask('creds', 'id', `${more}`);
      people.approvals.veto('spoke:creds', SOMEBODY);
      await asked;
    }
    expect(await ask('creds', 'once too often')).toBeNull();
    expect(people.approvals.list()).toHaveLength(1);
    powers.clock.advance(60_000 / ASK_LIMITS.perMinute);
    void ask('creds', 'later');
    expect(people.approvals.list()).toHaveLength(2);
  });
});

describe('another command in its place', () => {
  test('is looked up, and covers exactly that; both are on record', async () => {
    const { ask, only, people, events } = await makeApprovals();
    const asked = ask('creds', 'rm', '-rf', '/');
    const id = only();
    expect(await people.approvals.modify(id, ['printf', 'a b'], SOMEBODY)).toBe("/usr/bin/printf 'a b'");
    const grant = await asked;
    expect(grant?.command).toEqual(['/usr/bin/printf', 'a b']);
    expect(claims(grant, 1, found('rm', '-rf', '/'))).toEqual([false]);
    expect(claims(grant, 2, found('printf', 'a b'))).toEqual([true, false]);
    expect(events).toContainEqual({
      name: 'approval_modified',
      detail: {
        ...{ principal: 'spoke:creds', id, by: 'user:1000' },
        before: '/usr/bin/rm -rf /',
        after: "/usr/bin/printf 'a b'",
      },
    });
  });

  test.each([
    [['no-such-program'], "there is no program 'no-such-program' here"],
    [[''], 'empty command'],
    [['-x'], 'command: expected a program first, found an option'],
    [['printf', 'x'.repeat(MAX_SHOWN)], `it is longer than the ${MAX_SHOWN} characters`],
  ])('%j is refused, and the question still waits', async (argv, problem) => {
    const { ask, only, people } = await makeApprovals();
    void ask('creds', ...LOG);
    const id = only();
    await expect(people.approvals.modify(id, argv, SOMEBODY)).rejects.toThrow(problem);
    expect(only()).toBe(id);
  });

  test('cannot be put there while somebody else answers', async () => {
    const { ask, only, people } = await makeApprovals();
    const asked = ask('creds', ...LOG);
    const id = only();
    // Looking the new command up takes a moment, in which the no comes.
    const modified = people.approvals.modify(id, ['printf'], SOMEBODY);
    people.approvals.reject(id, '', SOMEBODY);
    await expect(modified).rejects.toThrow('no such question waits');
    expect(await asked).toBeNull();
    expect(people.grants.list()).toEqual([]);
  });
});

test('a veto is a no to all of a spoke, and to no other', async () => {
  const { ask, people } = await makeApprovals();
  const [first, second] = [ask('creds', ...LOG), ask('creds', 'id')];
  void ask('other', ...LOG);
  expect(people.approvals.veto('spoke:creds', callerWith('operator'))).toBe(2);
  expect(await Promise.all([first, second])).toEqual([null, null]);
  expect(people.approvals.list()).toMatchObject([{ principal: 'spoke:other' }]);
});

test('a yes that was said and never used is gone after a minute, and with a veto', async () => {
  const { ask, only, people, powers } = await makeApprovals();
  for (const end of [
    () => powers.clock.advance(60_000),
    () => people.approvals.veto('spoke:creds', SOMEBODY),
  ]) {
    const asked = ask('creds', ...LOG);
    await people.approvals.approve(only(), { once: true }, SOMEBODY);
    const grant = await asked;
    end();
    expect(claims(grant, 1)).toEqual([false]);
  }
});

test.each([
  ['default', 'allow', 'ask'],
  ['deny-all', 'deny', 'deny'],
  ['strict', 'allow', 'deny'],
])(
  'policy: %s of config.yaml decides for spokes: what is allowed is %s, what asks %s',
  async (policy, allowed, asks) => {
    const { people } = await makeApprovals({ config: { policy } });
    const manifest = manifestText('exec: true');
    const rights = [{ manifest }, { manifest, overrides: 'creds: {exec: ask}' }].map((texts) =>
      compileRights(texts),
    );
    const effects = rights.map((one) => people.decide([one.policy], askExec(['/usr/bin/id'])).effect);
    expect(effects).toEqual([allowed, asks]);
  },
);
