import { readFile, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { contentOf } from '../../core/approvals/content.ts';
import { grantsFile, type KeptGrant } from '../../core/approvals/grants-file.ts';
import {
  covers,
  type DestructiveBy,
  type Lasting,
  lastingOf,
  MAX_WORDS,
} from '../../core/approvals/lasting.ts';
import { sessionOf } from '../../core/control/sessions.ts';
import { isDestructive } from '../../core/policy/destructive.ts';
import type { Yes } from '../../schemas/approvals.ts';
import type { CommandTarget } from '../../schemas/decision.ts';
import { createPowers } from '../support/powers.ts';
import { found, makeApprovals, POLICY, questionOf, SOMEBODY } from './support.ts';

const ADA = 'user:1000';
const LIST = ['rm -rf', 'git reset --hard', 'git push --force', 'git push -f'];

/** What a list of config.yaml says of a command. */
const by =
  (list: readonly string[]): DestructiveBy =>
  (target) =>
    list.filter((text) => isDestructive(text.split(' '), target));
const command = (text: string) => found(...text.split(' '));

/** Ada asks for one of her own commands, and somebody answers. */
async function answered(world: Awaited<ReturnType<typeof makeApprovals>>, text: string, yes: Yes) {
  const { people } = world;
  const question = { ...questionOf(ADA, command(text), people.hash()), action: 'exec' as const };
  const asked = people.askFor(
    { question, cwd: '/', session: sessionOf(SOMEBODY), onRefused: () => {} },
    () => {},
  );
  const status = await people.approvals.approve(world.only(), yes, SOMEBODY);
  await asked;
  return status;
}

const uses = ({ people }: Awaited<ReturnType<typeof makeApprovals>>, text: string, principal = ADA) =>
  people.grants.use(contentOf(principal, 'exec', command(text), '/'), POLICY) !== null;

describe('what a lasting yes to a destructive command of a person would cover', () => {
  test.each([
    ['rm -rf ./temp', 'rm -rf'],
    ['rm -rfv ./temp', 'rm -rfv'],
    ['rm -r -f ./temp', 'rm -r -f'],
    ['rm -v -rf ./temp', 'rm -v -rf'],
    ['rm ./temp -r ./more -f', 'rm ./temp -r ./more -f'],
    ['git push --force origin main', 'git push --force'],
    ['git push origin main --force', 'git push origin main --force'],
    ['git push --force -f', 'git push --force -f'],
    ['git -C /x push -f origin', 'git -C /x push -f'],
    ['git reset HEAD~3 --hard --quiet', 'git reset HEAD~3 --hard'],
  ])('of %s is all that begins with %s', (text, words) => {
    const lasting = lastingOf(ADA, command(text), by(LIST));
    expect(lasting).toEqual({ principal: ADA, words: command(words).argv, destructive: true });
  });

  test('is no wider than it would be for what is not destructive', () => {
    const lasting = lastingOf(ADA, command('systemctl poweroff now'), by(['systemctl']));
    expect(lasting).toEqual({ principal: ADA, words: ['/usr/bin/systemctl', 'poweroff'], destructive: true });
  });

  test('is that command at least', () => {
    for (const text of ['rm a b c -r -f', 'git push --force', 'git push -f --force', 'rm -rf']) {
      const lasting = lastingOf(ADA, command(text), by(LIST));
      expect(lasting && covers(lasting, ADA, command(text), by(LIST))).toBe(true);
    }
  });

  test('is nothing where it would take more words than the file takes back', async () => {
    const long = (words: number) => found('rm', ...Array(words - 2).fill('x'), '-rf');
    expect(lastingOf(ADA, long(MAX_WORDS), by(LIST))?.words).toHaveLength(MAX_WORDS);
    expect(lastingOf(ADA, long(MAX_WORDS + 1), by(LIST))).toBeNull();
    const world = await makeApprovals();
    await answered(world, long(MAX_WORDS).argv.join(' '), { always: true });
    expect((await makeApprovals({ home: world.home })).people.grants.list()).toHaveLength(1);
  });

  test('is nothing of what asks for itself: a spoke, and what runs for a person', () => {
    for (const principal of ['spoke:creds', 'command:user:1000', 'unknown'])
      expect(lastingOf(principal, command('rm -rf x'), by(LIST))).toBeNull();
  });
});

describe('a lasting yes to rm -rf', () => {
  const given: Lasting = { principal: ADA, words: ['/usr/bin/rm', '-rf'], destructive: true };

  test.each([
    ['rm -rf ./temp', true],
    ['rm -rf', true],
    ['rm -rf -v ./temp', true],
    ['rm -rfv ./temp', false],
    ['rm -fr ./temp', false],
    ['rm -r -f ./temp', false],
    ['rm -r ./temp', false],
    ['rm ./temp -rf', false],
    ['rm -rf ./temp && ls', false],
    ['rm -rf ./temp ; ls', false],
    ['/opt/bin/rm -rf ./temp', false],
    ['rmdir -rf ./temp', false],
  ])('covers %s: %j', (text, expected) => {
    expect(covers(given, ADA, command(text), by(LIST))).toBe(expected);
  });

  test('is of one person alone, and of no spoke, whatever a file says', () => {
    const target = command('rm -rf ./temp');
    expect(covers(given, 'user:1001', target, by(LIST))).toBe(false);
    expect(covers({ ...given, principal: 'spoke:creds' }, 'spoke:creds', target, by(LIST))).toBe(false);
  });

  test('covers no shell that has the name of rm by now', () => {
    const linked: CommandTarget = { ...command('rm -rf x'), realNames: ['/usr/bin/bash', 'bash'] };
    expect(covers(given, ADA, linked, by(LIST))).toBe(false);
  });

  test('covers nothing that has become destructive in another way since', () => {
    const target = command('rm -rf --no-preserve-root /');
    expect(covers(given, ADA, target, by(LIST))).toBe(true);
    expect(covers(given, ADA, target, by([...LIST, 'rm --no-preserve-root']))).toBe(false);
    expect(covers(given, ADA, command('rm -rf ./temp'), by([...LIST, 'rm -r', 'rm']))).toBe(true);
  });

  test('that was given before its words were destructive covers nothing once they are', () => {
    const { destructive: _mark, ...earlier } = given;
    expect(covers(earlier, ADA, command('rm -rf ./temp'), by([]))).toBe(true);
    expect(covers(earlier, ADA, command('rm -rf ./temp'), by(LIST))).toBe(false);
  });
});

describe('a person who says yes to rm -rf ./temp', () => {
  test('for good has said it to all that begins with rm -rf, which is kept across a restart and on record', async () => {
    const world = await makeApprovals();
    const status = await answered(world, 'rm -rf ./temp', { always: true });
    expect(status).toMatchObject({ covers: '/usr/bin/rm -rf ...', destructive: true, kind: 'persistent' });
    expect(world.events.find(({ name }) => name === 'grant_added')?.detail).toMatchObject({
      ...{ principal: ADA, covers: '/usr/bin/rm -rf ...', destructive: true },
    });
    const later = await makeApprovals({ home: world.home });
    expect(later.people.grants.list()).toEqual([status]);
    expect([uses(later, 'rm -rf ./other'), uses(later, 'rm -r ./other -f')]).toEqual([true, false]);
    await later.people.grants.revoke(status.id);
    expect(uses(later, 'rm -rf ./other')).toBe(false);
  });

  test.each<[string, Yes]>([
    ['once', { once: true }],
    ['for an hour', { forMs: 3_600_000 }],
  ])('%s has said it to exactly that', async (_how, yes) => {
    const world = await makeApprovals();
    const status = await answered(world, 'rm -rf ./temp', yes);
    expect(status).toMatchObject({ covers: '/usr/bin/rm -rf ./temp', destructive: false });
    expect(uses(world, 'rm -rf ./other')).toBe(false);
  });

  test('cannot say it for good in strict mode, where what they said before does not count', async () => {
    const world = await makeApprovals();
    await answered(world, 'rm -rf ./temp', { always: true });
    const strict = await makeApprovals({ home: world.home, strict: true });
    expect(uses(strict, 'rm -rf ./temp')).toBe(false);
    await expect(answered(strict, 'rm -rf ./temp', { always: true })).rejects.toMatchObject({
      code: 'denied',
    });
  });
});

describe('a grant that was made before', () => {
  test('people.destructive was widened does not come alive by that, and one given after that does', async () => {
    const before = { people: { destructive: [] } };
    const world = await makeApprovals({ config: before });
    const status = await answered(world, 'rm -rf ./temp', { always: true });
    expect(status).toMatchObject({ covers: '/usr/bin/rm ...', destructive: false });
    expect(uses(world, 'rm -rf ./temp')).toBe(true);
    world.configure({});
    expect([uses(world, 'rm -rf ./temp'), uses(world, 'rm ./temp')]).toEqual([false, true]);
    const later = await makeApprovals({ home: world.home });
    expect([uses(later, 'rm -rf ./temp'), uses(later, 'rm ./temp')]).toEqual([false, true]);
    await answered(later, 'rm -rf ./temp', { always: true });
    expect(uses(later, 'rm -rf ./temp')).toBe(true);
  });

  test('the very words of it were destructive does not come alive by that', async () => {
    const world = await makeApprovals({ config: { people: { destructive: [] } } });
    expect(await answered(world, 'git push origin', { always: true })).toMatchObject({
      ...{ covers: '/usr/bin/git push ...', destructive: false },
    });
    world.configure({ people: { destructive: ['git push'] } });
    expect(uses(world, 'git push origin')).toBe(false);
    expect(await answered(world, 'git push origin', { always: true })).toMatchObject({ destructive: true });
    expect(uses(world, 'git push elsewhere')).toBe(true);
  });

  test('there was a mark in its file is one without', async () => {
    const world = await makeApprovals();
    await answered(world, 'rm -rf ./temp', { always: true });
    const path = `${world.home}/state/grants.json`;
    const read = async () => (JSON.parse(await readFile(path, 'utf8')) as { grants: KeptGrant[] }).grants;
    expect(await read()).toMatchObject([{ destructive: true }]);
    const unmarked = (await read()).map(({ destructive: _mark, ...grant }) => grant);
    await grantsFile(world.powers, path).write(unmarked);
    const later = await makeApprovals({ home: world.home });
    expect(later.people.grants.list()).toMatchObject([{ destructive: false, counts: true }]);
    expect(uses(later, 'rm -rf ./temp')).toBe(false);
  });
});

test('a mark that a file gives to a spoke counts for nothing, and is gone when the file is written again', async () => {
  const home = (await makeApprovals()).home;
  const powers = createPowers({ replaceFile: (file, data) => writeFile(file, data) });
  const path = `${home}/state/grants.json`;
  const forged = { id: 'g00000000', principal: 'spoke:creds', words: ['/usr/bin/rm', '-rf'], origin: 'x' };
  await grantsFile(powers, path).write([{ ...forged, destructive: true }]);
  const world = await makeApprovals({ home });
  expect(world.people.grants.list()).toMatchObject([{ destructive: false }]);
  expect(uses(world, 'rm -rf ./temp', 'spoke:creds')).toBe(false);
  await answered(world, 'rm -rf ./temp', { always: true });
  expect((await readFile(path, 'utf8')).match(/"destructive":true/g)).toHaveLength(1);
});

test('a spoke is told of no pattern for what is destructive, and nobody can say yes to it for good', async () => {
  const { ask, only, people } = await makeApprovals();
  void ask('creds', 'rm', '-rf', './temp');
  expect(people.approvals.list()).toMatchObject([{ alwaysPattern: null, alwaysDestructive: false }]);
  await expect(people.approvals.approve(only(), { always: true }, SOMEBODY)).rejects.toThrow(
    'there is no pattern that could be allowed for good here',
  );
  expect(people.grants.list()).toEqual([]);
});
