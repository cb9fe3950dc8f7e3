import { describe, expect, test } from 'vitest';
import { detect } from '../../../spokes/healer/detect.mjs';
import { DEFAULTS, readSettings } from '../../../spokes/healer/settings.mjs';
import type { Facts } from '../../../spokes/runtime/api.mts';
import { SILENT, WELL } from './facts.ts';

const NOW = Date.parse('2030-01-31T00:00:00Z');
const DAY = 86_400_000;
const idsIn = (facts: Partial<Facts>) => detect({ ...WELL, ...facts }, DEFAULTS, NOW).map(({ id }) => id);

test('nothing is wrong with a system that is well, nor with one that tells nothing', () => {
  expect([idsIn({}), idsIn(SILENT)]).toEqual([[], []]);
});

describe('it is seen that', () => {
  const load = (five: number, fifteen = five) => ({ one: five, five, fifteen, cpus: 4 });
  const disk = { mount: '/', total: 1000, free: 99, inodes: 1000, inodes_free: 99 };
  test.each<[string, Partial<Facts>, readonly string[]]>([
    ['a file system is nearly full', { disks: [disk] }, ['disk:/', 'inodes:/']],
    ['a file system is not', { disks: [{ ...disk, free: 100, inodes_free: 100 }] }, []],
    [
      'one without inodes has none to lack',
      { disks: [{ ...disk, free: 500, inodes: 0, inodes_free: 0 }] },
      [],
    ],
    [
      'there is little memory',
      { memory: { total: 1000, available: 49, swap_total: 0, swap_free: 0 } },
      ['memory'],
    ],
    ['tasks wait for memory', { pressure: { cpu: 0, memory: 41, io: 40 } }, ['pressure:memory']],
    ['tasks wait for the disk', { pressure: { cpu: 0, memory: 0, io: 41 } }, ['pressure:io']],
    ['too much runs', { load: load(8.1) }, ['load']],
    [
      'units have failed',
      { failed_units: ['a.service', 'b.mount'] },
      ['failed_unit:a.service', 'failed_unit:b.mount'],
    ],
    [
      'power is saved while there is much to do',
      { load: load(5), cpu_governors: ['powersave'] },
      ['governor:powersave'],
    ],
    [
      'power is spent while there is nothing to do',
      { load: load(0.1), cpu_governors: ['performance'] },
      ['governor:performance'],
    ],
    ['a governor fits', { load: load(0.1), cpu_governors: ['powersave'] }, []],
    ['there is nothing to go back to', { generations: { current: 7, previous: null } }, ['rollback']],
    [
      'what to go back to is old',
      { generations: { current: 7, previous: 6, previous_made_ms: NOW - 26 * DAY } },
      ['rollback'],
    ],
    [
      'what to go back to is young',
      { generations: { current: 7, previous: 6, previous_made_ms: NOW - 25 * DAY } },
      [],
    ],
  ])('%s', (_what, facts, ids) => {
    expect(idsIn(facts)).toEqual(ids);
  });
});

test('a setting that makes no sense is the default, and is told; what makes sense is kept within bounds', () => {
  expect(readSettings({ check_seconds: 1, auto: 'yes', disk_free_percent: 20, wibble: 1 })).toEqual({
    settings: { ...DEFAULTS, check_seconds: 10, disk_free_percent: 20 },
    remarks: ['auto: expected a boolean, found "yes"', 'wibble: there is no such setting'],
  });
  expect(readSettings(null).settings).toEqual(DEFAULTS);
});
