import { describe, expect, test } from 'vitest';
import type { PeerIdentity } from '../../core/control/peer.ts';
import { type TierSettings, tierOf } from '../../core/control/tier.ts';
import { CONTROL_REQUESTS } from '../../schemas/control.ts';
import { allowsDangerous, CONTROL_TIERS, reaches, requirementOf, TIERS } from '../../schemas/tiers.ts';
import { PERSON } from './support/caller.ts';

const SETTINGS: TierSettings = {
  owner: 900,
  admins: { name: 'axium-admin', gid: 50 },
  operators: { name: 'axium', gid: 60 },
  unknown: 'readonly',
};
const SOMEBODY = 'neither in the group axium-admin nor in axium';
const elsewhere = { ...PERSON, process: { ...PERSON.process, elsewhere: true } } as PeerIdentity;

describe('the tier of', () => {
  test.each<[string, PeerIdentity | 'unknown', Partial<TierSettings>, string, string]>([
    ['root', { ...PERSON, uid: 0 }, {}, 'admin', 'uid 0'],
    ['the user of the daemon', { ...PERSON, uid: 900 }, {}, 'admin', 'the user of the daemon'],
    ['a member of both groups', { ...PERSON, groups: [60, 50] }, {}, 'admin', 'in the group axium-admin'],
    [
      'a member of the group of admins',
      { ...PERSON, groups: [1, 50] },
      {},
      'admin',
      'in the group axium-admin',
    ],
    ['one whose primary group it is', { ...PERSON, gid: 50 }, {}, 'admin', 'in the group axium-admin'],
    ['a member of the group of operators', { ...PERSON, groups: [60] }, {}, 'operator', 'in the group axium'],
    ['one whose primary group that is', { ...PERSON, gid: 60 }, {}, 'operator', 'in the group axium'],
    ['a member of neither', { ...PERSON, groups: [5, 6] }, {}, 'readonly', SOMEBODY],
    ['a member of no group', PERSON, {}, 'readonly', SOMEBODY],
    [
      'a member of a group that does not exist',
      { ...PERSON, groups: [50, 60] },
      { admins: { name: 'axium-admin', gid: null }, operators: { name: 'axium', gid: null } },
      'readonly',
      SOMEBODY,
    ],
    [
      'one whose groups are unknown',
      { ...PERSON, groups: null },
      {},
      'readonly',
      'the groups of the process cannot be known here',
    ],
    [
      'the same with the older fallback',
      { ...PERSON, groups: null },
      { unknown: 'operator' },
      'operator',
      'the groups of the process cannot be known here',
    ],
    [
      'one whose primary group alone is known',
      { ...PERSON, gid: 50, groups: null },
      {},
      'admin',
      'in the group axium-admin',
    ],
    ['root whose groups are unknown', { ...PERSON, uid: 0, groups: null }, {}, 'admin', 'uid 0'],
    ['nobody known', 'unknown', {}, 'readonly', 'who is asking cannot be known here'],
    [
      'nobody known with the older fallback',
      'unknown',
      { unknown: 'operator' },
      'operator',
      'who is asking cannot be known here',
    ],
    [
      'root in another pid namespace',
      { ...elsewhere, uid: 0 },
      { unknown: 'operator' },
      'readonly',
      'the process is in another pid namespace than the daemon',
    ],
    [
      'the user of the daemon in another pid namespace',
      { ...elsewhere, uid: 900 },
      { unknown: 'operator' },
      'readonly',
      'the process is in another pid namespace than the daemon',
    ],
    [
      'root in a pid namespace that cannot be seen',
      { ...PERSON, uid: 0, pid: 0, process: null },
      { unknown: 'operator' },
      'readonly',
      'the process is in another pid namespace than the daemon',
    ],
    [
      'the user of the daemon, whose process is gone',
      { ...PERSON, uid: 900, process: null },
      { unknown: 'operator' },
      'readonly',
      'the process that connected is gone',
    ],
  ])('%s', (_who, peer, changed, tier, why) => {
    expect(tierOf(peer, { ...SETTINGS, ...changed })).toEqual({ tier, why });
  });
});

test('every command of the control socket has its tier in the one table, and no other has', () => {
  expect(Object.keys(CONTROL_TIERS).sort()).toEqual(Object.keys(CONTROL_REQUESTS).sort());
});

test.each(['nosuch', '__proto__', 'constructor', 'toString', ''])(
  'the unknown command %j is for admins',
  (cmd) => {
    expect(requirementOf(cmd)).toBe('admin');
  },
);

test('a lower tier reaches nothing that a higher one does not', () => {
  const reached = TIERS.map((tier) => TIERS.filter((wanted) => reaches(tier, wanted)));
  expect(reached).toEqual([['readonly'], ['readonly', 'operator'], ['readonly', 'operator', 'admin']]);
});

test.each([
  ['true', true],
  ['TRUE', false],
  ['1', false],
  ['yes', false],
  ['', false],
  [undefined, false],
])('AXIUM_DANGEROUS_OPS=%j: %j', (value, allowed) => {
  expect(allowsDangerous({ AXIUM_DANGEROUS_OPS: value })).toBe(allowed);
});
