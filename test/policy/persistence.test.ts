import { describe, expect, it } from 'vitest';
import type { Anchors } from '../../core/policy/match-path.ts';
import { isPersistenceFile, persistencePlaces } from '../../core/policy/persistence.ts';

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
    [
      'a repository',
      [
        'code/app/.git/hooks/pre-commit',
        '.git/config',
        'code/app/.git/config.worktree',
        'code/app/.git/commondir',
        'code/app/.git/modules/part/hooks/post-checkout',
        'code/app/.git/index',
      ],
    ],
    ['a file that tells where a repository is', ['code/app/.git']],
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
    '/srv/app/.git/hooks/pre-commit',
    '/srv/app/.git',
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
  '/home/ada/.gitignore',
  '/home/ada/code/app.git/notes',
  '/home/ada/code/.github/workflows/x.yaml',
])('%s is a file like any other', (file) => {
  expect(isPersistenceFile(file, HOME)).toBe(false);
});

describe('where a link stands in the stead of such a place, what it leads to', () => {
  const links = (to: Readonly<Record<string, string>>): Anchors =>
    new Map(Object.entries(to).map(([from, any]) => [`${HOME}/${from}`, { any, trusted: null }]));
  const anchors = links({
    '.bashrc': '/home/ada/dotfiles/bashrc',
    '.config/autostart': '/srv/autostart',
    '.config/systemd/user': '/home/ada/units',
  });

  it.each(['/home/ada/dotfiles/bashrc', '/srv/autostart/x.desktop', '/home/ada/units/deep/x.service'])(
    '%s persists',
    (file) => {
      expect(isPersistenceFile(file, HOME, anchors)).toBe(true);
      expect(isPersistenceFile(file, HOME)).toBe(false);
    },
  );

  it.each(['/home/ada/dotfiles/vimrc', '/srv/autostart-not/x', '/home/ada/notes/x'])(
    '%s does not',
    (file) => {
      expect(isPersistenceFile(file, HOME, anchors)).toBe(false);
    },
  );

  it('every place is one whose link would be looked up', () => {
    const places = persistencePlaces(HOME);
    expect(new Set(places).size).toBe(places.length);
    expect(places).toEqual(expect.arrayContaining([`${HOME}/.config/autostart`, '/etc/cron.d']));
    expect(
      places.filter(
        (place) => !isPersistenceFile(`${place}`, HOME) && !isPersistenceFile(`${place}/x`, HOME),
      ),
    ).toEqual([]);
  });
});
