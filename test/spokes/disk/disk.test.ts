import { describe, expect, test } from 'vitest';
import { segmentOf, usageOf } from '../../../spokes/disk/usage.mjs';
import { bundledModule, smallDaemon } from '../support/small-daemon.ts';
import { SpokeProcess } from '../support/spoke-process.ts';

const disk = (mount: string, free: number, inodesFree: number) => ({
  ...{ mount, total: 1000, free, inodes: 100, inodes_free: inodesFree },
});

describe('how full a file system is', () => {
  test.each([
    [disk('/', 1000, 100), 0, 0],
    [disk('/', 99, 100), 91, 0],
    [disk('/', 1000, 5), 0, 95],
    [disk('/', 0, 0), 100, 100],
    [{ ...disk('/', 500, 0), inodes: 0 }, 50, 0],
  ])('%j', (found, space, inodes) => {
    expect(usageOf(found)).toEqual({ mount: '/', space, inodes });
  });

  test('is shown from the mark on, by the fullest', () => {
    const usages = [disk('/', 150, 100), disk('/home', 500, 9)].map(usageOf);
    expect(segmentOf(usages, 92)).toBe('');
    expect(segmentOf(usages, 91)).toBe('[disk:91%]');
  });
});

test('disk shows and tells of a file system that is nearly full, once, and prints all on demand', async () => {
  const facts = { disks: [disk('/', 50, 50), disk('/home', 500, 50)] };
  const spoke = new SpokeProcess({
    module: bundledModule('disk'),
    answer: smallDaemon('disk', { facts, config: { warn_percent: 90 } }),
  });
  await spoke.line('ready');
  spoke.send({ event: 'config_changed' });
  await spoke.until(() => spoke.sent('hud_segment_value').length === 2);
  expect(spoke.sent('hud_segment_value').map(({ value }) => value)).toEqual(['[disk:95%]', '[disk:95%]']);
  spoke.send({ event: 'command', call: 1, command: 'show', args: [] });
  expect(await spoke.line('command_done')).toMatchObject({
    code: 0,
    stdout: '/  95% of the space, 50% of the inodes\n/home  50% of the space, 50% of the inodes\n',
  });
  expect(spoke.sent('notify')).toMatchObject([{ title: '/ is nearly full', level: 'warning' }]);
  await spoke.end();
  expect(spoke.stderr).toBe('');
});

test('disk is ready and says why where it is denied', async () => {
  const answer = smallDaemon('disk', { refused: { facts: 'denied' } });
  const spoke = new SpokeProcess({ module: bundledModule('disk'), answer });
  await spoke.line('ready');
  await spoke.end();
  expect(spoke.stderr).toBe('denied: as the test wants it\n');
});
