import { describe, expect, it } from 'vitest';
import { isPersistenceFile } from '../../core/policy/persistence.ts';

const HOME = '/home/ada';

describe('code persists through', () => {
  it.each([
    [
      'the start files of shells',
      ['.bashrc', '.bash_profile', '.profile', '.zshrc', '.zshenv', '.config/fish/config.fish'],
    ],
    ['keys that may log in', ['.ssh/authorized_keys', '.ssh/authorized_keys2', '.ssh/rc', '.ssh/config']],
    ['autostart', ['.config/autostart/x.desktop', '.config/autostart/deep/er.desktop']],
    ['systemd user units', ['.config/systemd/user/x.service', '.local/share/systemd/user/x.timer']],
    ['programs that PATH may find', ['bin/ls', '.local/bin/ls']],
    ['hooks of a repository', ['code/app/.git/hooks/pre-commit', '.git/config']],
  ])('%s', (_, files) => {
    expect(files.filter((file) => !isPersistenceFile(`${HOME}/${file}`, HOME))).toEqual([]);
  });

  it.each([
    '/etc/crontab',
    '/etc/cron.d/job',
    '/var/spool/cron/crontabs/ada',
    '/etc/profile',
    '/etc/profile.d/x.sh',
    '/etc/xdg/autostart/x.desktop',
    '/etc/systemd/system/x.service',
    '/etc/ld.so.preload',
  ])('%s', (file) => {
    expect(isPersistenceFile(file, HOME)).toBe(true);
  });
});

it.each([
  '/home/ada/.bashrc.bak',
  '/home/ada/notes/.bashrc',
  '/home/ada/.ssh/known_hosts',
  '/home/ada/.config/systemd-notes',
  '/home/ada/binary',
  '/home/adam/.bashrc',
  '/home/ada-.bashrc',
  '/home/ada',
  '/etc/cron.daily.txt',
  '/srv/.bashrc',
])('%s is a file like any other', (file) => {
  expect(isPersistenceFile(file, HOME)).toBe(false);
});
