import { describe, expect, test } from 'vitest';
import { MANAGERS, noticeOf, segmentOf } from '../../../spokes/updates/packages.mjs';
import { bundledModule, smallDaemon } from '../support/small-daemon.ts';
import { SpokeProcess } from '../support/spoke-process.ts';

const APT = `Reading package lists...
Inst libssl3 [3.0.1] (3.0.2 Debian:12 [amd64])
Inst openssl [3.0.1] (3.0.2 Debian:12 [amd64])
Conf libssl3 (3.0.2 Debian:12 [amd64])
`;
const DNF = `
bash.x86_64            5.2.1-1.fc40       updates
kernel-core.x86_64     6.9.1-200.fc40     updates
Obsoleting Packages
`;
const PACMAN = 'linux 6.9.1 -> 6.9.2\nzlib 1.3 -> 1.3.1\n';

describe('the packages that can be updated', () => {
  test.each([
    ['apt-get', APT, ['libssl3', 'openssl']],
    ['dnf', DNF, ['bash', 'kernel-core']],
    ['pacman', PACMAN, ['linux', 'zlib']],
    ['pacman', '', []],
  ])('are read from what %s prints', (program, text, names) => {
    expect(MANAGERS.find(({ command }) => command[0] === program)?.names(text)).toEqual(names);
  });

  test('are counted, and told where they were not there before', () => {
    expect([segmentOf([]), segmentOf(['a', 'b'])]).toEqual(['', '[updates:2]']);
    expect(noticeOf(['a', 'b'], ['a', 'b', 'c'])).toBe(null);
    expect(noticeOf(['a', 'b'], ['a'])).toEqual({ title: '1 update', body: 'b' });
    const many = Array.from({ length: 25 }, (_, count) => `p${count}`);
    expect(noticeOf(many, [])).toMatchObject({
      title: '25 updates',
      body: expect.stringContaining('and 5 more'),
    });
  });
});

test('updates asks the package manager that is there, tells once, and prints on demand', async () => {
  const storage = new Map<string, string>();
  const run = ([program]: readonly string[]) =>
    program === 'dnf' ? { code: 100, stdout: DNF, stderr: '' } : null;
  const start = () =>
    new SpokeProcess({
      module: bundledModule('updates'),
      answer: smallDaemon('updates', { run, storage }),
    });
  const first = start();
  await first.line('ready');
  expect(first.sent('daemon_exec')).toEqual([]);
  first.send({ event: 'due', timer: 'every' });
  await first.line('storage_put');
  expect(first.sent('notify')).toMatchObject([{ title: '2 updates', body: 'bash, kernel-core' }]);
  expect(first.sent('hud_segment_value')).toMatchObject([{ value: '[updates:2]' }]);
  first.send({ event: 'command', call: 1, command: 'show', args: [] });
  expect(await first.line('command_done')).toMatchObject({ code: 0, stdout: 'bash\nkernel-core\n' });
  const second = start();
  await second.line('ready');
  second.send({ event: 'due', timer: 'every' });
  await second.line('storage_put');
  expect(second.sent('notify')).toEqual([]);
});

test('updates says why where the package manager fails', async () => {
  const run = () => ({ code: 1, stdout: '', stderr: 'E: locked\nmore\n' });
  const spoke = new SpokeProcess({
    module: bundledModule('updates'),
    answer: smallDaemon('updates', { run }),
  });
  await spoke.line('ready');
  spoke.send({ event: 'due', timer: 'every' });
  await spoke.until(() => spoke.stderr.endsWith('\n'));
  await spoke.end();
  expect(spoke.stderr).toBe('failed: apt-get --just-print upgrade: E: locked\n');
});
