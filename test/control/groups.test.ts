import { describe, expect, test } from 'vitest';
import { tierSettings } from '../../core/control/groups.ts';
import { createPowers } from '../support/powers.ts';

const GROUPS = ['root:x:0:', 'ops:x:54350:ada', 'axium:x:54360:', 'damaged:x:no:', 'axium-admin'].join('\n');

/** The settings on a host with these groups, of a daemon of uid 900 that was started with this environment. */
async function settingsFor(env: Record<string, string>) {
  const { files } = createPowers();
  const readFile = async () => GROUPS;
  return tierSettings({ files: { ...files, readFile } as unknown as typeof files, env, uid: 900 });
}

describe('the tiers of a host', () => {
  test('are those of the usual groups, and it is nothing to tell that there are none of these', async () => {
    expect(await settingsFor({})).toEqual({
      settings: {
        owner: 900,
        admins: { name: 'axium-admin', gid: null },
        operators: { name: 'axium', gid: 54_360 },
        unknown: 'readonly',
      },
      notes: [],
    });
  });

  test.each([
    ['ops', { name: 'ops', gid: 54_350 }, []],
    ['54399', { name: '54399', gid: 54_399 }, []],
    ['nosuch', { name: 'nosuch', gid: null }, ['nosuch']],
    ['damaged', { name: 'damaged', gid: null }, ['damaged']],
    ['', { name: 'axium-admin', gid: null }, []],
  ])('AXIUM_ADMIN_GROUP=%s: %j', async (name, admins, told) => {
    const { settings, notes } = await settingsFor({ AXIUM_ADMIN_GROUP: name });
    expect(settings.admins).toEqual(admins);
    expect(notes).toEqual(
      told.map((group) => `AXIUM_ADMIN_GROUP: there is no group '${group}' on this host, so nobody is in it`),
    );
  });

  test.each<[string, 'readonly' | 'operator', string | null]>([
    ['', 'readonly', null],
    ['readonly', 'readonly', null],
    ['operator', 'operator', 'AXIUM_ON_UNKNOWN_GROUPS=operator: whoever cannot be told from others is an'],
    ['admin', 'readonly', "AXIUM_ON_UNKNOWN_GROUPS: expected readonly or operator, found 'admin'; it counts"],
    ['Operator', 'readonly', "AXIUM_ON_UNKNOWN_GROUPS: expected readonly or operator, found 'Operator'"],
  ])('AXIUM_ON_UNKNOWN_GROUPS=%s: who is not known is %s', async (value, unknown, told) => {
    const { settings, notes } = await settingsFor({ AXIUM_ON_UNKNOWN_GROUPS: value });
    expect(settings.unknown).toBe(unknown);
    expect(notes).toEqual(told === null ? [] : [expect.stringContaining(told)]);
  });
});
