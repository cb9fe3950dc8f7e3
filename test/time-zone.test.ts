import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { timeZoneOf } from '../core/time-zone.ts';

/** What a process whose variable TZ this is takes for its zone. */
function zoneOfProcess(TZ: string): string {
  const told = 'Intl.DateTimeFormat().resolvedOptions().timeZone';
  return execFileSync(process.execPath, ['-p', told], { env: { TZ }, encoding: 'utf8' }).trim();
}

const linkTo = (target: string) => ({ readlinkSync: () => target }) as never;
const noLink = {
  readlinkSync: () => {
    throw new Error('ENOENT');
  },
} as never;

/** The zone of this process, which is what is told where nothing else is known. */
const OWN = Intl.DateTimeFormat().resolvedOptions().timeZone;

test.each(['Europe/Berlin', 'America/Argentina/Ushuaia', 'Asia/Calcutta', 'UTC'])(
  'TZ=%s is what a process with it says, and so is a link to its file',
  (name) => {
    expect(timeZoneOf({ env: { TZ: name }, filesNow: noLink })).toBe(zoneOfProcess(name));
    for (const directory of ['/usr/share/zoneinfo', '../usr/share/zoneinfo', '/etc/zoneinfo']) {
      expect(timeZoneOf({ env: {}, filesNow: linkTo(`${directory}/${name}`) })).toBe(zoneOfProcess(name));
    }
  },
);

test('the variable counts before the link', () => {
  const filesNow = linkTo('/usr/share/zoneinfo/Europe/Berlin');
  expect(timeZoneOf({ env: { TZ: 'Asia/Tokyo' }, filesNow })).toBe('Asia/Tokyo');
});

test.each(['', 'nonsense', ':Europe/Berlin', 'CET-1CEST', '../../etc/passwd', 'Factory', 'Asia/Kolkata'])(
  'with TZ=%s, which is no name of its own, the process is asked',
  (name) => {
    expect(timeZoneOf({ env: { TZ: name }, filesNow: noLink })).toBe(OWN);
  },
);

test('without a variable and a link the process is asked', () => {
  expect(timeZoneOf({ env: {}, filesNow: noLink })).toBe(OWN);
});
