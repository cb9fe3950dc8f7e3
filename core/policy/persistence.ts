import { isWithin } from '../../schemas/path-text.ts';
import type { Anchors } from './match-path.ts';

/**
 * Files and directories through which code comes to run by itself: a spoke that can write one of them has its user's
 * powers at the next login. Relative to the home directory unless absolute. A directory stands for all that is in it.
 */
const HOME_FILES = [
  '.bash_aliases',
  '.bash_completion',
  '.bash_login',
  '.bash_logout',
  '.bash_profile',
  '.bashrc',
  '.cshrc',
  '.envrc',
  '.gdbinit',
  '.gitconfig',
  '.inputrc',
  '.kshrc',
  '.login',
  '.logout',
  '.mkshrc',
  '.npmrc',
  '.pam_environment',
  '.profile',
  '.pythonrc.py',
  '.ssh/authorized_keys',
  '.ssh/authorized_keys2',
  '.ssh/config',
  '.ssh/environment',
  '.ssh/rc',
  '.tcshrc',
  '.tmux.conf',
  '.vimrc',
  '.xinitrc',
  '.xprofile',
  '.xsession',
  '.xsessionrc',
  '.zlogin',
  '.zlogout',
  '.zprofile',
  '.zshenv',
  '.zshrc',
] as const;

const HOME_DIRECTORIES = [
  '.config/autostart',
  '.config/autostart-scripts',
  '.config/direnv',
  '.config/environment.d',
  '.config/fish',
  '.config/git',
  '.config/nvim',
  '.config/plasma-workspace',
  '.config/systemd',
  '.config/tmux',
  '.config/zsh',
  '.emacs.d',
  '.local/bin',
  '.local/share/applications',
  '.local/share/dbus-1',
  '.local/share/systemd',
  '.vim',
  'bin',
] as const;

const SYSTEM_DIRECTORIES = [
  '/etc/apt',
  '/etc/cron.d',
  '/etc/cron.daily',
  '/etc/cron.hourly',
  '/etc/cron.monthly',
  '/etc/cron.weekly',
  '/etc/ld.so.conf.d',
  '/etc/pam.d',
  '/etc/profile.d',
  '/etc/sudoers.d',
  '/etc/systemd',
  '/etc/udev',
  '/etc/xdg/autostart',
  '/var/spool/cron',
] as const;

const SYSTEM_FILES = [
  '/etc/bash.bashrc',
  '/etc/crontab',
  '/etc/environment',
  '/etc/ld.so.preload',
  '/etc/profile',
  '/etc/rc.local',
  '/etc/sudoers',
] as const;

/** What lies in one of these directories and is often a link by itself. */
const HOME_INSIDE = [
  '.config/fish/conf.d',
  '.config/fish/config.fish',
  '.config/fish/functions',
  '.config/git/config',
  '.config/git/hooks',
  '.config/nvim/init.lua',
  '.config/nvim/init.vim',
  '.config/systemd/user',
  '.config/tmux/tmux.conf',
  '.local/share/systemd/user',
] as const;

const SYSTEM_INSIDE = ['/etc/systemd/system', '/etc/systemd/user', '/var/spool/cron/crontabs'] as const;

const NO_LINKS: Anchors = new Map();

const HOME_FILE_SET: ReadonlySet<string> = new Set(HOME_FILES);
const SYSTEM_FILE_SET: ReadonlySet<string> = new Set(SYSTEM_FILES);

/** Every place by its own name, so that it can be looked up where those that are links lead. */
export function persistencePlaces(home: string): readonly string[] {
  const inHome = [...HOME_FILES, ...HOME_DIRECTORIES, ...HOME_INSIDE].map((place) => `${home}/${place}`);
  return [...inHome, ...SYSTEM_FILES, ...SYSTEM_DIRECTORIES, ...SYSTEM_INSIDE];
}

/**
 * True for a file through which code persists, by the name of such a place or by the one that a link in its stead leads
 * to, and for every link on the way there. Only an entry that names it literally may cover it.
 */
export function isPersistenceFile(real: string, home: string, anchors: Anchors = NO_LINKS): boolean {
  return (
    isNamedLikeOne(real, home) ||
    persistencePlaces(home).some((place) => {
      const at = anchors.get(place);
      return at !== undefined && (isWithin(real, at.any) || at.links?.includes(real));
    })
  );
}

/**
 * True where a directory given as a whole would give what such a place is a link to, or a link on the way there: whoever
 * exchanges that decides what is found in the place.
 */
export function holdsLinkedPersistence(directory: string, home: string, anchors: Anchors): boolean {
  return persistencePlaces(home).some((place) => {
    const at = anchors.get(place);
    if (at === undefined) return false;
    return (
      isWithin(directory, at.any) || [at.any, ...(at.links ?? [])].some((one) => isWithin(one, directory))
    );
  });
}

function isNamedLikeOne(real: string, home: string): boolean {
  if (SYSTEM_FILE_SET.has(real)) return true;
  if (SYSTEM_DIRECTORIES.some((directory) => real.startsWith(`${directory}/`))) return true;
  // Its hooks and settings are run by whoever uses git there next, and as a file it tells where those are.
  if (real.split('/').includes('.git')) return true;
  if (!real.startsWith(`${home}/`)) return false;
  const inHome = real.slice(home.length + 1);
  return (
    HOME_FILE_SET.has(inHome) || HOME_DIRECTORIES.some((directory) => inHome.startsWith(`${directory}/`))
  );
}
