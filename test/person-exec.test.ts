import { realpath } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { DEFAULT_PEOPLE } from '../core/policy/people.ts';
import { callerWith, PERSON } from './control/support/caller.ts';
import { ADA, KEY, makePersonWorld, OTHER } from './support/person-world.ts';

describe('a command of a person', () => {
  test('waits at standard, shows by which word and pattern it could be granted, and runs after a yes', async () => {
    const { run, exec, people, decisions, home } = await makePersonWorld();
    const { approval = '' } = await run('pwd', '-P');
    expect(people.approvals.list()).toMatchObject([
      {
        ...{ id: approval, principal: 'user:1000', what: '/usr/bin/pwd -P', cwd: home },
        ...{ grantPattern: 'pwd', alwaysPattern: '/usr/bin/pwd ...' },
      },
    ]);
    const result = exec.result(approval, ADA);
    await people.approvals.approve(approval, { once: true }, ADA);
    expect(await result).toMatchObject({ code: 0, stdout: `${await realpath(home)}\n` });
    expect(decisions()).toEqual([
      ['user:1000', 'ask', null],
      ['user:1000', 'allow', 'grant'],
    ]);
  });

  test('runs where the session is elevated, without using up what was said', async () => {
    const { run, exec, people, decisions } = await makePersonWorld();
    const { approval = '' } = await run('printf', 'x');
    void exec.result(approval, ADA);
    people.sessions.elevate(KEY, 60_000, 'test');
    expect(await run('printf', 'elevated')).toMatchObject({ stdout: 'elevated' });
    expect(decisions().at(-1)).toEqual(['user:1000', 'allow', null]);
    people.sessions.drop(KEY);
    expect(await run('printf', 'dropped')).toHaveProperty('approval');
  });

  test('runs where a grant covers it, the lasting one first', async () => {
    const { run, people, decisions } = await makePersonWorld();
    await people.grants.add(
      'persistent',
      { principal: 'user:1000', words: ['/usr/bin/printf', 'a'] },
      null,
      'x',
    );
    expect(await run('printf', 'a')).toMatchObject({ stdout: 'a' });
    expect(decisions()).toEqual([['user:1000', 'allow', 'grant']]);
    expect(await run('printf', 'b')).toHaveProperty('approval');
  });

  test.each<[string, object, readonly string[], string]>([
    ['an empty one', {}, [' '], 'exec: empty command'],
    ['none at all', {}, [], 'exec: empty command'],
    [
      'what a rule denies',
      { people: { deny: ['printf ...'] } },
      ['printf', 'x'],
      'exec: denied by people.deny: printf ...',
    ],
    ['anything under deny-all', { policy: 'deny-all' }, ['printf'], 'exec: the policy denies everything'],
  ])('is denied: %s, elevated or granted as it may be', async (_what, config, command, message) => {
    const { run, people } = await makePersonWorld(config);
    await people.grants.add('persistent', { principal: 'user:1000', words: ['/usr/bin/printf'] }, null, 'x');
    people.sessions.elevate(KEY, 60_000, 'test');
    await expect(run(...command)).rejects.toMatchObject({ code: 'denied', message });
  });

  test('is denied at standard under strict, whatever was said, and nobody is asked', async () => {
    const { run, people } = await makePersonWorld({ policy: 'strict' });
    await people.grants.add('persistent', { principal: 'user:1000', words: ['/usr/bin/printf'] }, null, 'x');
    await expect(run('printf')).rejects.toMatchObject({
      code: 'denied',
      message: 'exec: the session is not elevated',
    });
    expect(people.approvals.list()).toEqual([]);
    people.sessions.elevate(KEY, 60_000, 'test');
    expect(await run('printf', 'x')).toMatchObject({ stdout: 'x' });
  });

  test('is denied where the policy fails, and nobody is asked', async () => {
    const broken = () => {
      throw new Error('broken');
    };
    const { run, people } = await makePersonWorld({}, { ...DEFAULT_PEOPLE, canExecuteCommand: broken });
    people.sessions.elevate(KEY, 60_000, 'test');
    await expect(run('printf')).rejects.toMatchObject({ code: 'denied', message: 'exec: the policy failed' });
    expect(people.approvals.list()).toEqual([]);
  });

  test('of one person is fetched by nobody else, and once', async () => {
    const { run, exec, people } = await makePersonWorld();
    const { approval = '' } = await run('printf', 'secret');
    const notTheirs = { code: 'not_found', message: 'no command of yours was asked about under this id' };
    expect(() => exec.result(approval, OTHER)).toThrow(expect.objectContaining(notTheirs));
    const result = exec.result(approval, ADA);
    await people.approvals.approve(approval, { once: true }, OTHER);
    expect(await result).toMatchObject({ stdout: 'secret' });
    expect(() => exec.result(approval, ADA)).toThrow(expect.objectContaining(notTheirs));
  });

  test('that is asked for twice at once comes to two results, each told to the process that asked', async () => {
    const { exec, people, home } = await makePersonWorld();
    const [first, second, third] = [500, 501, 502].map((pid) => callerWith('admin', { pid }));
    const ask = (background: boolean, caller = ADA) =>
      exec.run({ command: ['printf', 'x'], cwd: home, background }, caller);
    const { approval = '' } = await ask(false, first);
    expect(await ask(true, second)).toEqual({ approval });
    expect(people.approvals.list()).toMatchObject([{ id: approval }]);
    // Whoever fetches first does not take what is another's.
    const results = [second, first].map((caller) => exec.result(approval, caller ?? ADA));
    await people.approvals.approve(approval, { forMs: 60_000 }, OTHER);
    const [inBackground, waitedFor] = await Promise.all(results);
    expect(inBackground).not.toHaveProperty('stdout');
    expect(waitedFor).toMatchObject({ code: 0, stdout: 'x' });
    expect(() => exec.result(approval, third ?? ADA)).toThrow(expect.objectContaining({ code: 'not_found' }));
  });

  test('that is asked for twice at once is run once where the yes is for once, and the other is told so', async () => {
    const { exec, people, home } = await makePersonWorld();
    const asked = { command: ['printf', 'x'], cwd: home, background: false };
    const [{ approval = '' }] = await Promise.all([exec.run(asked, ADA), exec.run(asked, ADA)]);
    const results = Promise.allSettled([exec.result(approval, ADA), exec.result(approval, ADA)]);
    await people.approvals.approve(approval, { once: true }, OTHER);
    const message = expect.stringContaining('one that is the same has used it up; ask again');
    // Either may come first: each is decided anew once the yes is there.
    const inOrder = [...(await results)].sort((one, other) => one.status.localeCompare(other.status));
    expect(inOrder).toMatchObject([
      { status: 'fulfilled', value: { code: 0, stdout: 'x' } },
      { status: 'rejected', reason: { code: 'denied', message } },
    ]);
  });

  test('that is asked for twice at once is fetched by others of its person in its order', async () => {
    const { exec, people, home } = await makePersonWorld();
    const asked = { command: ['printf', 'x'], cwd: home, background: false };
    const [{ approval = '' }] = await Promise.all([exec.run(asked, ADA), exec.run(asked, ADA)]);
    const elsewhere = callerWith('admin', { pid: 900 });
    const results = [exec.result(approval, elsewhere), exec.result(approval, elsewhere)];
    await people.approvals.approve(approval, { forMs: 60_000 }, OTHER);
    const [one, other] = await Promise.all(results);
    expect([one, other]).toMatchObject([{ stdout: 'x' }, { stdout: 'x' }]);
    expect(one?.job).not.toBe(other?.job);
  });

  test('where two persons are wanted is for another uid to confirm', async () => {
    const { run, people } = await makePersonWorld({ approvals: { two_person: true } });
    const { approval = '' } = await run('printf', 'x');
    await expect(people.approvals.approve(approval, { once: true }, ADA)).rejects.toThrow(
      'approvals.two_person',
    );
    await people.approvals.approve(approval, { once: true }, OTHER);
    expect(people.approvals.list()).toEqual([]);
  });

  test('is asked about for one session, and its yes is good in that directory alone', async () => {
    const { run, exec, people, home } = await makePersonWorld();
    const { approval = '' } = await run('printf', 'x');
    const again = callerWith('admin', {
      process: PERSON.process && { ...PERSON.process, session: { id: 401, began: '1' } },
    });
    await exec.run({ command: ['printf', 'x'], cwd: home, background: false }, again);
    await exec.run({ command: ['printf', 'x'], cwd: '/', background: false }, ADA);
    expect(people.approvals.list()).toHaveLength(3);
    people.approvals.reject(approval, '', ADA);
    expect(people.approvals.list()).toHaveLength(2);
  });

  test('is run for nobody who is not a person', async () => {
    const { exec, people } = await makePersonWorld();
    for (const principal of ['unknown', 'spoke:creds']) {
      const caller = { ...ADA, principal };
      const asked = exec.run({ command: ['printf'], cwd: null, background: false }, caller);
      await expect(asked).rejects.toMatchObject({ code: 'denied' });
    }
    expect(people.approvals.list()).toEqual([]);
  });
});
