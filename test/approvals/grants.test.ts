import { readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { contentOf } from '../../core/approvals/content.ts';
import { beginsWith, grantPattern, runsAnything } from '../../core/approvals/grant-pattern.ts';
import { grantsFile, type KeptGrant } from '../../core/approvals/grants-file.ts';
import { lastingOf } from '../../core/approvals/lasting.ts';
import type { CommandTarget } from '../../schemas/decision.ts';
import { createPowers } from '../support/powers.ts';
import { found, makeApprovals, POLICY, SOMEBODY } from './support.ts';

const content = (principal: string, ...argv: readonly string[]) =>
  contentOf(principal, 'exec', found(...argv), '/home/ada');

describe('words cover', () => {
  test.each<[string, readonly string[], boolean]>([
    ['ls', ['ls'], true],
    ['ls', ['ls', '-la', '/tmp'], true],
    ['/usr/bin/ls', ['ls', '-la'], true],
    ['ls', ['lsof'], false],
    ['ls', ['/opt/bin/ls-everything'], false],
    ['ls', ['ls', '&&', 'rm', '-rf', '/'], false],
    ['ls', ['ls', ';', 'rm'], false],
    ['ls', ['ls', '|', 'sh'], false],
    ['ls', ['ls', '>', '/etc/passwd'], false],
    ['ls', ['ls', '2>/dev/null'], false],
    ['ls', ['ls', 'a\nrm'], false],
    ['ls', ['\tls'], false],
    ['ls', [' ls'], false],
    ['ls', ['ls '], false],
    ['git log', ['git', 'log', '-p'], true],
    ['git log', ['git', 'logs'], false],
    ['git log', ['git', 'push'], false],
    ['git log', ['git'], false],
    ['git log', ['git', '-C', '/x', 'log'], false],
    ['rm -rf', ['rm', '-rf', './temp'], true],
    ['rm -rf', ['rm', '-r', './temp'], false],
  ])('%j: %j: %j', (words, argv, covered) => {
    expect(beginsWith(words.split(' '), found(...argv))).toBe(covered);
  });

  test('no command by a name that it only has through a link', () => {
    const linked: CommandTarget = { ...found('sh'), realNames: ['/usr/bin/dash', 'dash'] };
    expect(beginsWith(['dash'], linked)).toBe(false);
  });
});

describe('what a lasting yes would cover', () => {
  test.each<[readonly string[], string, readonly string[] | null]>([
    [['ls', '-la'], 'ls', ['/usr/bin/ls']],
    [['git', 'push', '--force'], 'git', ['/usr/bin/git', 'push']],
    [['git'], 'git', ['/usr/bin/git']],
    [['aws', 'sso', 'login'], 'aws', ['/usr/bin/aws', 'sso']],
    [['cat', '/etc/hostname'], 'cat', ['/usr/bin/cat']],
    [['sh', '-c', 'id'], 'sh', null],
    [['bash'], 'bash', null],
    [['/usr/local/bin/zsh'], 'zsh', null],
    [['python3', 'x.py'], 'python3', null],
    [['python3.11', 'x.py'], 'python3.11', null],
    [['perl', '-e', '1'], 'perl', null],
    [['node', 'x.js'], 'node', null],
    [['env', 'ls'], 'env', null],
    [['sudo', 'ls'], 'sudo', null],
    [['xargs', 'ls'], 'xargs', null],
    [['find', '.', '-delete'], 'find', null],
    [['ssh', 'host'], 'ssh', null],
    [['prlimit', 'sh', '-c', 'id'], 'prlimit', null],
    [['dbus-run-session', 'id'], 'dbus-run-session', null],
    [['ssh-agent', 'id'], 'ssh-agent', null],
    [['go', 'run', 'x.go'], 'go', null],
    [['tar', '--to-command=id', '-xf', 'x'], 'tar', null],
    [['axium', 'approve'], 'axium', null],
  ])('of %j is by its first word %j, for good %j', (argv, first, words) => {
    const target = found(...argv);
    const lasting = words && { principal: 'spoke:creds', words };
    expect([grantPattern(target), lastingOf('spoke:creds', target, () => [])]).toEqual([first, lasting]);
  });

  test('is nothing where a harmless name leads to what runs anything, or to nothing', () => {
    const linked: CommandTarget = { ...found('vim-mini'), realNames: ['/usr/bin/busybox', 'busybox'] };
    expect(runsAnything(linked)).toBe(true);
    for (const target of [linked, { ...found('ls'), missing: true as const }])
      for (const principal of ['spoke:creds', 'user:1000'])
        for (const entries of [[], ['ls']]) expect(lastingOf(principal, target, () => entries)).toBeNull();
  });
});

describe('a grant', () => {
  test('for one time is used up only where nothing else covers it', async () => {
    const { people, powers } = await makeApprovals();
    const { grants } = people;
    const log = content('spoke:creds', 'git', 'log');
    await grants.add('once', { exactly: log, policy: POLICY }, 60_000, 'test');
    await grants.add('timed', { principal: 'spoke:creds', words: ['git', 'log'] }, 5000, 'test');
    const kinds = () => grants.list().map(({ kind }) => kind);
    expect(grants.use(log, POLICY)).not.toBeNull();
    expect(kinds()).toEqual(['once', 'timed']);
    powers.clock.advance(5000);
    expect(grants.use(log, POLICY)).not.toBeNull();
    expect(kinds()).toEqual([]);
    expect(grants.use(log, POLICY)).toBeNull();
  });

  test.each([
    ['git push', ['git', 'push', 'origin'], ['git', 'push', 'origin', '--force']],
    ['rm', ['rm', 'old.txt'], ['rm', 'old.txt', '-r', '-f']],
  ])('for all that begins with %s covers nothing destructive', async (words, harmless, destructive) => {
    const { people } = await makeApprovals();
    const coverage = { principal: 'spoke:creds', words: words.split(' ') };
    await people.grants.add('persistent', coverage, null, 'test');
    const used = [harmless, destructive].map(
      (argv) => people.grants.use(content('spoke:creds', ...argv), POLICY) !== null,
    );
    expect(used).toEqual([true, false]);
    const exactly = content('spoke:creds', ...destructive);
    await people.grants.add('once', { exactly, policy: POLICY }, 60_000, 'test');
    expect(people.grants.use(exactly, POLICY)).not.toBeNull();
  });

  test('is for one spoke or person alone', async () => {
    const { people } = await makeApprovals();
    await people.grants.add('persistent', { principal: 'spoke:creds', words: ['git', 'log'] }, null, 'test');
    const used = ['spoke:creds', 'spoke:other', 'user:0'].map(
      (principal) => people.grants.use(content(principal, 'git', 'log', '-p'), POLICY) !== null,
    );
    expect(used).toEqual([true, false, false]);
  });

  test('that lasts is there after a restart, and one for a time is not', async () => {
    const first = await makeApprovals();
    const words = { principal: 'spoke:creds', words: ['/usr/bin/git', 'log'] };
    await first.people.grants.add('persistent', words, null, 'by me');
    await first.people.grants.add('timed', { ...words, words: ['id'] }, 60_000, 'by me');
    const second = await makeApprovals({ home: first.home });
    const [kept] = first.people.grants.list();
    expect(second.people.grants.list()).toEqual([kept]);
    expect(second.people.grants.use(content('spoke:creds', 'git', 'log'), POLICY)).toMatchObject({
      source: 'grant',
      effect: 'allow',
      pattern: '/usr/bin/git log ...',
      origin: { file: `grant ${kept?.id}: by me` },
    });
    await second.people.grants.revoke(kept?.id ?? '');
    expect(second.people.grants.use(content('spoke:creds', 'git', 'log'), POLICY)).toBeNull();
    expect((await makeApprovals({ home: first.home })).people.grants.list()).toEqual([]);
    await expect(second.people.grants.revoke('g00000000')).rejects.toMatchObject({ code: 'not_found' });
  });

  test('that lasts is kept beside another change that is made at the same time', async () => {
    const { people, home } = await makeApprovals();
    const add = (word: string) =>
      people.grants.add('persistent', { principal: 'spoke:creds', words: [word] }, null, 'by me');
    const first = (await add('id')).status.id;
    await Promise.all([add('ls'), people.grants.revoke(first), add('date')]);
    const covers = (await makeApprovals({ home })).people.grants.list().map((grant) => grant.covers);
    expect(covers).toEqual(['ls ...', 'date ...']);
    expect(people.grants.list().map((grant) => grant.covers)).toEqual(covers);
  });

  test('that cannot be taken back on disk stays as it was, says so, and can be taken back later', async () => {
    let failures = 0;
    const powers = createPowers({
      async replaceFile(path, data) {
        failures -= 1;
        if (failures >= 0) throw Object.assign(new Error('no room'), { code: 'ENOSPC', syscall: 'write' });
        await writeFile(path, data);
      },
    });
    const { people, home, events } = await makeApprovals({ powers });
    const add = (word: string) =>
      people.grants.add('persistent', { principal: 'spoke:creds', words: [word] }, null, 'by me');
    await add('ls');
    const [{ id = '' } = {}] = people.grants.list();
    const uses = () => people.grants.use(content('spoke:creds', 'ls'), POLICY) !== null;
    failures = 1;
    const taken = people.grants.revoke(id);
    expect(uses()).toBe(false);
    await expect(taken).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(
        `^grant '${id}' stays: its file cannot be written \\(.*ENOSPC.*\\); make room`,
      ),
    });
    expect([uses(), people.grants.list()[0]?.counts]).toEqual([true, true]);
    expect((await makeApprovals({ home })).people.grants.list()).toHaveLength(1);
    expect(events.map(({ name }) => name)).not.toContain('grant_revoked');
    // A change right behind one that failed is made to what that one left.
    failures = 1;
    const both = await Promise.allSettled([people.grants.revoke(id), add('date')]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
    const kept = async () => (await makeApprovals({ home })).people.grants.list().map(({ covers }) => covers);
    expect(await kept()).toEqual(['ls ...', 'date ...']);
    await people.grants.revoke(id);
    expect(await kept()).toEqual(['date ...']);
    expect(people.grants.list().map(({ covers }) => covers)).toEqual(['date ...']);
  });

  test('that lasts does not count in strict mode, and none can be made there, while a yes for once still can', async () => {
    const first = await makeApprovals();
    const words = { principal: 'spoke:creds', words: ['/usr/bin/git', 'log'] };
    await first.people.grants.add('persistent', words, null, 'by me');
    const { people, ask, only } = await makeApprovals({ home: first.home, strict: true });
    expect(people.grants.use(content('spoke:creds', 'git', 'log'), POLICY)).toBeNull();
    expect(people.grants.list()).toMatchObject([
      { kind: 'persistent', counts: false, ignored: 'in strict mode' },
    ]);
    await expect(people.grants.add('persistent', words, null, 'x')).rejects.toMatchObject({ code: 'denied' });
    await expect(people.grants.add('timed', words, 1000, 'x')).rejects.toMatchObject({ code: 'denied' });
    const asked = ask('creds', 'git', 'log');
    // The question is not used up by a yes that there cannot be.
    for (const yes of [{ always: true }, { forMs: 1000 }] as const)
      await expect(people.approvals.approve(only(), yes, SOMEBODY)).rejects.toMatchObject({
        code: 'denied',
        message: 'in strict mode a yes counts once only',
      });
    await people.approvals.approve(only(), { once: true }, SOMEBODY);
    expect((await asked)?.covers(found('git', 'log'), POLICY)).toBe(true);
  });

  test('that lasts is offered by no question while strict mode is on, whenever that was asked', async () => {
    const world = await makeApprovals();
    const offered = () => world.people.approvals.list().map(({ alwaysPattern }) => alwaysPattern);
    const asked = [world.ask('creds', 'git', 'log')];
    world.strict = true;
    expect(offered()).toEqual([null]);
    asked.push(world.ask('creds', 'git', 'status'));
    expect(offered()).toEqual([null, null]);
    world.strict = false;
    expect(offered()).toEqual(['/usr/bin/git log ...', '/usr/bin/git status ...']);
    const [first, second] = world.people.approvals.list().map(({ id }) => id);
    await world.people.approvals.approve(second ?? '', { always: true }, SOMEBODY);
    world.people.approvals.reject(first ?? '', '', SOMEBODY);
    expect((await Promise.all(asked)).map((grant) => grant !== null)).toEqual([false, true]);
  });

  test('for which there is no room leaves the question where it is, and can be given once there is room', async () => {
    const { people, ask, only } = await makeApprovals();
    const fill = (count: number) =>
      Promise.all(
        Array.from({ length: count }, (_, at) =>
          people.grants.add(
            'timed',
            { principal: 'spoke:full', words: ['/usr/bin/git', `${at}`] },
            60_000,
            'x',
          ),
        ),
      );
    const [first] = await fill(1000);
    const asked = ask('creds', 'git', 'log');
    await expect(people.approvals.approve(only(), { once: true }, SOMEBODY)).rejects.toMatchObject({
      code: 'busy',
    });
    await people.grants.revoke(first?.status.id ?? '');
    await people.approvals.approve(only(), { once: true }, SOMEBODY);
    expect((await asked)?.covers(found('git', 'log'), POLICY)).toBe(true);
  });

  test.each(['tar', '/usr/bin/env', 'python3.11'])(
    'that lasts and was made for %s before that was known to run anything counts no more',
    async (program) => {
      const first = await makeApprovals();
      const keep = (word: string) =>
        first.people.grants.add('persistent', { principal: 'spoke:creds', words: [word] }, null, 'by me');
      await Promise.all([keep('earlier'), keep('ls')]);
      // As an earlier version would have written it.
      const path = `${first.home}/state/grants.json`;
      const { grants } = JSON.parse(await readFile(path, 'utf8')) as { grants: KeptGrant[] };
      const earlier = grants.map((grant) =>
        grant.words[0] === 'earlier' ? { ...grant, words: [program] } : grant,
      );
      await grantsFile(first.powers, path).write(earlier);
      const { people } = await makeApprovals({ home: first.home });
      expect(people.grants.list()).toMatchObject([
        { covers: `${program} ...`, counts: false, ignored: 'since it runs whatever it is told to' },
        { covers: 'ls ...', counts: true, ignored: null },
      ]);
      const used = [[program, 'x'], ['ls']].map(
        (argv) => people.grants.use(content('spoke:creds', ...argv), POLICY) !== null,
      );
      expect(used).toEqual([false, true]);
      const [{ id } = { id: '' }] = people.grants.list();
      await people.grants.revoke(id);
      expect(people.grants.list()).toHaveLength(1);
    },
  );

  test('that lasts covers no program that has become a link to what runs anything', async () => {
    const { people } = await makeApprovals();
    await people.grants.add('persistent', { principal: 'spoke:creds', words: ['tool'] }, null, 'test');
    const linked: CommandTarget = { ...found('tool', 'x'), realNames: ['/usr/bin/bash', 'bash'] };
    const used = [found('tool', 'x'), linked].map(
      (target) => people.grants.use(contentOf('spoke:creds', 'exec', target, '/'), POLICY) !== null,
    );
    expect(used).toEqual([true, false]);
  });

  test.each(['sh', '/bin/bash', 'python3', 'env', 'sudo', 'xargs'])(
    'is never made for %s, whichever way it comes',
    async (program) => {
      const { people } = await makeApprovals();
      const added = people.grants.add(
        'persistent',
        { principal: 'spoke:creds', words: [program] },
        null,
        'x',
      );
      await expect(added).rejects.toMatchObject({ code: 'denied' });
    },
  );
});

describe('a file of grants that is not what was written', () => {
  test.each<[string, (text: string) => string]>([
    ['is cut short', (text) => text.slice(0, -10)],
    ['is empty', () => ''],
    ['is of another kind', () => '[]'],
    ['has other words', (text) => text.replace('"log"', '"push"')],
    ['has another spoke', (text) => text.replace('spoke:creds', 'spoke:other')],
    ['is for what is destructive', (text) => text.replace('"origin":"x"', '"origin":"x","destructive":true')],
    [
      'has one more',
      (text) =>
        text.replace(
          '"grants":[',
          '"grants":[{"id":"g11111111","principal":"spoke:creds","words":["id"],"origin":""},',
        ),
    ],
  ])('that %s counts for nothing, is moved aside and told of', async (_what, change) => {
    const first = await makeApprovals();
    await first.people.grants.add(
      'persistent',
      { principal: 'spoke:creds', words: ['git', 'log'] },
      null,
      'x',
    );
    const path = `${first.home}/state/grants.json`;
    await writeFile(path, change(await readFile(path, 'utf8')));
    const { people, home } = await makeApprovals({ home: first.home });
    expect(people.grants.list()).toEqual([]);
    expect(people.notes()).toEqual([
      expect.stringMatching(/grants\.json: no grant of it counts: .*; it was moved to /),
    ]);
    expect((await readdir(`${home}/state`)).filter((name) => name.startsWith('grants.json'))).toEqual([
      expect.stringMatching(/^grants\.json\.damaged-\d+$/),
    ]);
  });

  test('that is a link counts for nothing', async () => {
    const first = await makeApprovals();
    await first.people.grants.add(
      'persistent',
      { principal: 'spoke:creds', words: ['git', 'log'] },
      null,
      'x',
    );
    const path = `${first.home}/state/grants.json`;
    await first.powers.files.rename(path, `${first.home}/elsewhere`);
    await symlink(`${first.home}/elsewhere`, path);
    expect((await makeApprovals({ home: first.home })).people.grants.list()).toEqual([]);
  });
});

describe('a yes', () => {
  test.each<[object, readonly string[], string, string | null]>([
    [{ forMs: 3_600_000 }, ['git', 'log'], 'timed', '/usr/bin/git log ...'],
    [{ always: true }, ['git', 'log'], 'persistent', '/usr/bin/git log ...'],
    [{ forMs: 60_000 }, ['sh', '-c', 'id'], 'timed', '/usr/bin/sh -c id'],
    [{ forMs: 60_000 }, ['git', 'push', '--force'], 'timed', '/usr/bin/git push --force'],
  ])('%j to %j is %s: %s', async (yes, argv, kind, covers) => {
    const { ask, only, people } = await makeApprovals();
    const asked = ask('creds', ...argv);
    await people.approvals.approve(only(), yes as { always: true }, SOMEBODY);
    expect(people.grants.list()).toMatchObject([{ kind, covers, principal: 'spoke:creds' }]);
    const grant = await asked;
    // It lasts: who asked has it, and so has who asks next.
    expect([1, 2].map(() => grant?.covers(found(...argv), POLICY))).toEqual([true, true]);
  });

  test.each<[object, readonly string[], string]>([
    [{ always: true }, ['sh', '-c', 'id'], 'there is no pattern that could be allowed for good here'],
    [{ always: true }, ['rm', '-rf', '/'], 'there is no pattern that could be allowed for good here'],
    [
      { always: true },
      ['git', 'push', 'origin', '--force'],
      'there is no pattern that could be allowed for good',
    ],
    [{ forMs: 86_400_001 }, ['git', 'log'], 'for: expected at most 86400 seconds (grants.limit)'],
  ])('%j to %j is refused, and the question still waits', async (yes, argv, problem) => {
    const { ask, only, people } = await makeApprovals();
    void ask('creds', ...argv);
    const id = only();
    await expect(people.approvals.approve(id, yes as { always: true }, SOMEBODY)).rejects.toThrow(problem);
    expect(only()).toBe(id);
  });

  test('for good that cannot be written is a no', async () => {
    const { ask, only, people, powers } = await makeApprovals({
      powers: createPowers({ replaceFile: () => Promise.reject(new Error('the disk is full')) }),
    });
    expect(powers.logged).toEqual([]);
    const asked = ask('creds', 'git', 'log');
    await expect(people.approvals.approve(only(), { always: true }, SOMEBODY)).rejects.toThrow(
      'the disk is full',
    );
    expect(await asked).toBeNull();
    expect(people.grants.list()).toEqual([]);
  });
});
