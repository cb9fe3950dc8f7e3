import * as fs from 'node:fs/promises';
import { beforeEach, expect, test } from 'vitest';
import { failedUnits } from '../../core/jobs/failed-units.ts';
import { factsPortal } from '../../core/portals/facts.ts';
import { createPowers } from '../support/powers.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';
import { run } from './support/run-portal.ts';

let home: string;

beforeEach(() => {
  home = makeTemporaryDirectory();
});

const facts = (files: typeof fs = fs, units: readonly string[] | null = null) =>
  run(factsPortal({ files, home, failedUnits: () => Promise.resolve(units), monotonic: () => 0 }), 'facts');

/** A file access in which these paths read as these texts, and every other file is not there. */
function host(texts: Readonly<Record<string, string>>): typeof fs {
  const missing = () => Promise.reject(Object.assign(new Error('none'), { code: 'ENOENT' }));
  const readdir = (path: string) => {
    const below = Object.keys(texts).filter((name) => name.startsWith(`${path}/`));
    return Promise.resolve([...new Set(below.map((name) => name.slice(path.length + 1).split('/')[0]))]);
  };
  const readFile = (path: string) => (path in texts ? Promise.resolve(texts[path]) : missing());
  return { ...fs, readFile, readdir, stat: missing, statfs: missing } as unknown as typeof fs;
}

const numberOrNull = (value: unknown) => value === null || (typeof value === 'number' && value >= 0);

test('this host is told in numbers of the documented shape, and nothing else', async () => {
  const told = (await facts(fs, ['broken.service'])) as Record<string, Record<string, unknown> | null>;
  expect(Object.keys(told)).toEqual([
    ...['load', 'memory', 'pressure', 'disks', 'failed_units', 'cpu_governors', 'generations'],
  ]);
  const shapes = {
    load: ['one', 'five', 'fifteen', 'cpus'],
    memory: ['total', 'available', 'swap_total', 'swap_free'],
    pressure: ['cpu', 'memory', 'io'],
  };
  for (const [part, keys] of Object.entries(shapes)) {
    expect(Object.keys(told[part] ?? {})).toEqual(keys);
    expect(Object.values(told[part] ?? {}).every(numberOrNull)).toBe(true);
  }
  expect(told.failed_units).toEqual(['broken.service']);
  expect(told.cpu_governors).toEqual(expect.any(Array));
});

test('the disks are those of the root and of the home directory, one entry where they are the same', async () => {
  const { disks } = (await facts()) as { disks: readonly Record<string, unknown>[] };
  const [root, own] = [await fs.stat('/'), await fs.stat(home)];
  expect(disks.map(({ mount }) => mount)).toEqual(root.dev === own.dev ? ['/'] : ['/', home]);
  for (const disk of disks) {
    expect(Object.keys(disk)).toEqual(['mount', 'total', 'free', 'inodes', 'inodes_free']);
    const { mount, ...numbers } = disk;
    expect(Object.values(numbers).every(numberOrNull)).toBe(true);
  }
});

test('the numbers are those of the files of the kernel', async () => {
  const files = host({
    '/proc/loadavg': '0.50 1.25 2.00 3/400 5678\n',
    '/proc/meminfo': 'MemTotal:    2048 kB\nMemAvailable: 1024 kB\nSwapTotal:      0 kB\n',
    '/proc/pressure/cpu': 'some avg10=1.50 avg60=0.00 avg300=0.00 total=1\n',
    '/proc/pressure/io': 'full avg10=9.00 avg60=0.00 avg300=0.00 total=1\n',
    '/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor': 'powersave\n',
    '/sys/devices/system/cpu/cpu1/cpufreq/scaling_governor': 'powersave\n',
    '/sys/devices/system/cpu/cpu10/cpufreq/scaling_governor': 'performance\n',
    '/sys/devices/system/cpu/cpuidle/cpufreq/scaling_governor': 'none\n',
  });
  expect(await facts(files)).toEqual({
    load: { one: 0.5, five: 1.25, fifteen: 2, cpus: expect.toSatisfy(numberOrNull) },
    memory: { total: 2_097_152, available: 1_048_576, swap_total: 0, swap_free: null },
    pressure: { cpu: 1.5, memory: null, io: null },
    disks: [],
    failed_units: null,
    cpu_governors: ['powersave', 'performance'],
    generations: null,
  });
});

test('what a host does not tell is null or empty, and no failure', async () => {
  expect(await facts(host({}))).toEqual({
    load: null,
    memory: null,
    pressure: { cpu: null, memory: null, io: null },
    disks: [],
    failed_units: null,
    cpu_governors: [],
    generations: null,
  });
});

test('the failed units are names, or null where no systemd answers', async () => {
  const units = await failedUnits(createPowers());
  expect(units === null || units.every((unit) => /^\S+\.\w+$/.test(unit))).toBe(true);
});

test('the failed units are null where there is no systemctl, which is not started then', async () => {
  const files = { ...fs, access: () => Promise.reject(new Error('none')) } as unknown as typeof fs;
  const spawn = () => {
    throw new Error('nothing is to be started');
  };
  expect(await failedUnits(createPowers({ files, spawn }))).toBeNull();
});

test('those who ask within two seconds share one answer, and then everything is read anew', async () => {
  const { clock } = createPowers();
  let asked = 0;
  const portal = factsPortal({
    files: fs,
    home,
    monotonic: clock.monotonic,
    failedUnits: () => {
      asked += 1;
      return Promise.resolve([`unit-${asked}`]);
    },
  });
  const units = async () => (await run(portal, 'facts')).failed_units;
  expect(await Promise.all([units(), units(), units()])).toEqual([['unit-1'], ['unit-1'], ['unit-1']]);
  clock.advance(1999);
  expect(await units()).toEqual(['unit-1']);
  clock.advance(1);
  expect(await units()).toEqual(['unit-2']);
});
