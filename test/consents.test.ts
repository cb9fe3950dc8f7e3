import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, test } from 'vitest';
import { openConsents } from '../core/consents.ts';
import { decide } from '../core/policy/decide.ts';
import type { Powers } from '../core/powers.ts';
import { requireManifest } from '../core/registry/load-manifest.ts';
import { createRights } from '../core/registry/rights.ts';
import type { Action } from '../schemas/actions.ts';
import { createPowers } from './support/powers.ts';
import { askPlain } from './support/queries.ts';
import { compileOverrides, GUARD, HOME } from './support/rights.ts';
import { writeSpoke } from './support/spoke-directory.ts';
import { makeTemporaryDirectory } from './support/temporary-directory.ts';

let root: string;

beforeEach(() => {
  root = makeTemporaryDirectory();
});

/** A spoke of these permissions as it lies on disk now, with this code. */
async function spokeOf(permissions: string, name = 'todo', code = 'export function register() {}\n') {
  const directory = writeSpoke(root, name, {
    'spoke.yaml': `name: ${name}\nentrypoint: main:register\npermissions: ${permissions}\n`,
    'main.mjs': code,
  });
  return requireManifest(createPowers(), directory, HOME);
}

/** What one daemon remembers; the next one finds the same file. */
async function open({
  first = 'accept',
  overrides = '',
  powers = {},
}: {
  first?: 'accept' | 'ask';
  overrides?: string;
  powers?: Partial<Powers>;
} = {}) {
  const events: [string, string | null][] = [];
  const consents = await openConsents({
    powers: { ...createPowers(), ...powers },
    file: `${root}/consents.json`,
    first: () => first,
    recordEvent: (name, spoke) => events.push([name, spoke]),
  });
  const state = { inForce: compileOverrides(overrides), pending: null, problems: [] };
  const rights = createRights({
    strict: () => false,
    guard: () => GUARD,
    overrides: () => state,
    consent: consents.of,
    closed: consents.closed,
  });
  return {
    ...consents,
    events,
    may: (spoke: Awaited<ReturnType<typeof spokeOf>>, ...actions: readonly Action[]) =>
      actions.map((action) => decide(rights.of(spoke).policies[0], askPlain(action)).effect === 'allow'),
  };
}

describe('what a spoke declares', () => {
  test('is foreseen to count in full only where it will once it was noticed', async () => {
    const known = await spokeOf('{notify: true}');
    const daemon = await open();
    expect(daemon.foreseen(known)).toBe(null);
    await daemon.notice([known]);
    expect(daemon.foreseen(await spokeOf('{notify: true, facts: true}'))).toBe(daemon.of(known));
    const asking = await open({ first: 'ask' });
    expect(asking.foreseen(await spokeOf('{notify: true}', 'other'))).toMatchObject({ at: null });
    writeFileSync(`${root}/consents.json`, 'damaged');
    const damaged = await open();
    expect(damaged.foreseen(known)).toMatchObject({ at: null });
  });

  test('counts once it was noticed for the first time, and what it adds later waits, across restarts', async () => {
    const before = await spokeOf('{notify: true}');
    const daemon = await open();
    expect(daemon.may(before, 'notify')).toEqual([false]);
    await daemon.notice([before]);
    expect(daemon.may(before, 'notify', 'facts')).toEqual([true, false]);
    expect(daemon.events).toEqual([['consent_given', 'todo']]);
    const after = await spokeOf('{notify: true, facts: true}');
    for (const later of [daemon, await open()]) {
      await later.notice([after]);
      expect(later.may(after, 'notify', 'facts')).toEqual([true, false]);
    }
  });

  test('counts in full once the review of it was accepted', async () => {
    const { notice, review, accept, may, events } = await open();
    await notice([await spokeOf('{notify: true, net: true}')]);
    const after = await spokeOf('{notify: true, facts: true, fs_read: [~/new]}', 'todo', '// other code\n');
    const shown = await review(after);
    expect(shown).toMatchObject({
      spoke: 'todo',
      waiting: [
        `facts: true (${root}/todo/spoke.yaml:3:36)`,
        `fs_read: ~/new (${root}/todo/spoke.yaml:3:52)`,
      ],
      dropped: ['net: true'],
      code_changed: true,
      consented: '2030-01-01T00:00:00.000Z',
    });
    await accept(after, shown.offer);
    expect(may(after, 'notify', 'facts')).toEqual([true, true]);
    expect(events.at(-1)).toEqual(['consent_given', 'todo']);
    expect(await review(after)).toMatchObject({ waiting: [], dropped: [], code_changed: false });
    expect((await open()).may(after, 'facts')).toEqual([true]);
  });

  test('is not accepted where it, or its code, is no longer what was shown', async () => {
    const { notice, review, accept, may } = await open();
    await notice([await spokeOf('{}')]);
    const { offer } = await review(await spokeOf('{facts: true}'));
    const wider = await spokeOf('{facts: true, notify: true}');
    await expect(accept(wider, offer)).rejects.toMatchObject({ code: 'failed' });
    const otherCode = await spokeOf('{facts: true}', 'todo', '// other code\n');
    await expect(accept(otherCode, offer)).rejects.toThrow("spoke 'todo' has changed since it was shown");
    expect(may(otherCode, 'facts')).toEqual([false]);
  });

  test('waits from the beginning where the configuration says so, also once it no longer does', async () => {
    const spoke = await spokeOf('{notify: true}');
    const careful = await open({ first: 'ask' });
    await careful.notice([spoke]);
    expect(careful.may(spoke, 'notify')).toEqual([false]);
    expect(careful.events).toEqual([['consent_awaited', 'todo']]);
    expect(await careful.review(spoke)).toMatchObject({ consented: null, waiting: [expect.any(String)] });
    const later = await open();
    await later.notice([spoke]);
    expect(later.may(spoke, 'notify')).toEqual([false]);
  });

  test('is not accepted anew when the spoke was removed and put back', async () => {
    await (await open()).notice([await spokeOf('{notify: true}')]);
    const between = await open();
    await between.notice([]);
    const back = await spokeOf('{notify: true, facts: true}');
    await between.notice([back]);
    expect(between.may(back, 'notify', 'facts')).toEqual([true, false]);
  });
});

describe('a spoke that calls itself something else in its old place', () => {
  /** What lay there as `todo`, and now says that it is this one. */
  async function renamedTo(name: string, permissions: string) {
    const directory = writeSpoke(root, 'todo', {
      'spoke.yaml': `name: ${name}\nentrypoint: main:register\npermissions: ${permissions}\n`,
    });
    return requireManifest(createPowers(), directory, HOME);
  }

  test('has nothing until that was reviewed, so that it leaves behind nothing that is denied to it', async () => {
    const overrides = 'todo: {notify: false}\n';
    const daemon = await open({ overrides });
    const before = await spokeOf('{notify: true, facts: true}');
    await daemon.notice([before]);
    expect(daemon.may(before, 'notify', 'facts')).toEqual([false, true]);
    const renamed = await renamedTo('renamed', '{notify: true, facts: true}');
    for (const later of [daemon, await open({ overrides })]) {
      await later.notice([renamed]);
      expect(later.may(renamed, 'notify', 'facts', 'hud')).toEqual([false, false, true]);
    }
    const shown = await daemon.review(renamed);
    expect(shown).toMatchObject({ consented: null, waiting: [expect.any(String), expect.any(String)] });
    await daemon.accept(renamed, shown.offer);
    for (const later of [daemon, await open({ overrides })])
      expect(later.may(renamed, 'notify', 'facts')).toEqual([true, true]);
  });

  test('has neither what was consented to of another spoke, nor what its entries add', async () => {
    const overrides = 'creds: {net: true}\n';
    const daemon = await open({ overrides });
    const creds = await spokeOf('{facts: true}', 'creds');
    await daemon.notice([await spokeOf('{}'), creds]);
    expect(daemon.may(creds, 'facts', 'net')).toEqual([true, true]);
    const thief = await renamedTo('creds', '{facts: true}');
    for (const later of [daemon, await open({ overrides })]) {
      await later.notice([thief]);
      expect(later.may(thief, 'facts', 'net')).toEqual([false, false]);
      expect(later.closed(thief)).toContain("it was 'todo' before it called itself 'creds'");
      // Whose name it was has lost nothing by that.
      expect(later.may(creds, 'facts', 'net')).toEqual([true, true]);
    }
  });

  test('is itself again where it takes its name back', async () => {
    const daemon = await open();
    const before = await spokeOf('{notify: true}');
    await daemon.notice([before]);
    await daemon.notice([await renamedTo('renamed', '{notify: true}')]);
    expect(daemon.may(before, 'notify')).toEqual([true]);
  });
});

test('a known spoke that lies elsewhere by now has what was consented to, and no more', async () => {
  const daemon = await open();
  await daemon.notice([await spokeOf('{notify: true}')]);
  const directory = writeSpoke(root, 'moved', {
    'spoke.yaml': 'name: todo\nentrypoint: main:register\npermissions: {notify: true, facts: true}\n',
  });
  const moved = await requireManifest(createPowers(), directory, HOME);
  await daemon.notice([moved]);
  expect(daemon.may(moved, 'notify', 'facts')).toEqual([true, false]);
});

describe('the file of what was consented to', () => {
  test.each<[string, (text: string) => string]>([
    ['cut in the middle', (text) => text.slice(0, text.length / 2)],
    ['with a right put in by hand', (text) => text.replace('\\"facts\\":false', '\\"facts\\":true')],
    ['emptied', () => ''],
  ])('%s is put aside, and everything waits until it was reviewed', async (_, damage) => {
    const spoke = await spokeOf('{notify: true}');
    await (await open()).notice([spoke]);
    const kept = readFileSync(`${root}/consents.json`, 'utf8');
    const damaged = damage(kept);
    expect(damaged).not.toBe(kept);
    writeFileSync(`${root}/consents.json`, damaged);
    const daemon = await open();
    await daemon.notice([spoke]);
    expect(daemon.may(spoke, 'notify')).toEqual([false]);
    expect(daemon.notes()[0]).toContain('axium spoke review <name>');
    const [aside] = readdirSync(root).filter((name) => name.startsWith('consents.json.damaged-'));
    expect(readFileSync(`${root}/${aside}`, 'utf8')).toBe(damaged);
    // A restart makes it no first time either, and one that comes later is one.
    const next = await open();
    const other = await spokeOf('{notify: true}', 'other');
    await next.notice([spoke, other]);
    expect([next.may(spoke, 'notify'), next.may(other, 'notify')]).toEqual([[false], [true]]);
  });

  test('that cannot be written gives nothing, says so, and is tried again', async () => {
    const spoke = await spokeOf('{notify: true}');
    let full = true;
    const { replaceFile } = createPowers();
    const daemon = await open({
      powers: {
        replaceFile: (path, data) =>
          full
            ? Promise.reject(Object.assign(new Error('ENOSPC: full'), { code: 'ENOSPC' }))
            : replaceFile(path, data),
      },
    });
    await daemon.notice([spoke]);
    expect([daemon.may(spoke, 'notify'), daemon.events]).toEqual([[false], []]);
    expect(daemon.notes()).toEqual([expect.stringContaining('cannot be remembered (ENOSPC)')]);
    full = false;
    await daemon.notice([spoke]);
    expect([daemon.may(spoke, 'notify'), daemon.notes()]).toEqual([[true], []]);
  });
});
