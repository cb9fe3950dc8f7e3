import { isWithin } from '../../schemas/path-text.ts';
import { matchesText, type PathPattern } from './match-path.ts';
import { persistencePlaces } from './persistence.ts';
import type { PathList } from './policy.ts';

/** A place of which its user should know that it is being opened, and what it holds. */
export interface SensitivePlace {
  readonly path: string;
  readonly holds: string;
}

const KEYS = 'keys and tokens';
const BROWSER = 'a browser profile';
const MAIL = 'mail';
const HISTORY = 'what you typed';

/** Relative to the home directory unless absolute. */
const READ_PLACES: readonly (readonly [path: string, holds: string])[] = [
  ['.ssh', KEYS],
  ['.gnupg', KEYS],
  ['.pki', KEYS],
  ['.aws', KEYS],
  ['.azure', KEYS],
  ['.config/gcloud', KEYS],
  ['.kube', KEYS],
  ['.docker/config.json', KEYS],
  ['.config/gh', KEYS],
  ['.config/hub', KEYS],
  ['.config/rclone', KEYS],
  ['.config/sops', KEYS],
  ['.netrc', KEYS],
  ['.git-credentials', KEYS],
  ['.config/git/credentials', KEYS],
  ['.npmrc', KEYS],
  ['.pypirc', KEYS],
  ['.pgpass', KEYS],
  ['.my.cnf', KEYS],
  ['.vault-token', KEYS],
  ['.cargo/credentials.toml', KEYS],
  ['.terraform.d', KEYS],
  ['.password-store', 'passwords'],
  ['.local/share/keyrings', 'passwords'],
  ['.local/share/kwalletd', 'passwords'],
  ['.config/KeePassXC', 'passwords'],
  ['.mozilla', BROWSER],
  ['.config/google-chrome', BROWSER],
  ['.config/chromium', BROWSER],
  ['.config/BraveSoftware', BROWSER],
  ['.config/microsoft-edge', BROWSER],
  ['.config/vivaldi', BROWSER],
  ['.config/opera', BROWSER],
  ['.librewolf', BROWSER],
  ['.var/app/org.mozilla.firefox', BROWSER],
  ['snap/firefox', BROWSER],
  ['snap/chromium', BROWSER],
  ['.thunderbird', MAIL],
  ['Mail', MAIL],
  ['Maildir', MAIL],
  ['.bash_history', HISTORY],
  ['.zsh_history', HISTORY],
  ['.python_history', HISTORY],
  ['.local/share/fish', HISTORY],
  ['/etc/shadow', 'passwords'],
  ['/etc/sudoers', 'who may become root'],
  ['/etc/ssh', KEYS],
  ['/etc/ssl/private', KEYS],
  ['/root', 'the files of root'],
];

/** Names that such directories have in them, since a pattern can end in more than `*`. */
const NAMES = [
  'x',
  'x/x',
  'x/x/x',
  'id_rsa',
  'id_ed25519',
  'credentials',
  'config',
  'config.json',
  'x.key',
  'x.pem',
  'x.gpg',
  'x/cookies.sqlite',
  'firefox/x/cookies.sqlite',
  'firefox/x/logins.json',
  'firefox/x/key4.db',
  'Default/Cookies',
  'Default/Login Data',
  'x.desktop',
  'x.service',
  'user/x.service',
] as const;

/**
 * The places of keys, of browsers, and through which code persists that a pattern opens, some or all of each. `own` are
 * Axium's own directories. Pure; a pattern with a name in mind that is not thought of here is told only where its
 * literal part leads into such a place.
 */
export function sensitivePlaces(
  list: PathList,
  pattern: PathPattern,
  { home, own }: { readonly home: string; readonly own: readonly string[] },
): readonly SensitivePlace[] {
  const read = READ_PLACES.map(([path, holds]) => ({
    path: path.startsWith('/') ? path : `${home}/${path}`,
    holds,
  }));
  const written = persistencePlaces(home).map((path) => ({ path, holds: 'code that runs by itself' }));
  const ours = own.map((path) => ({ path, holds: "Axium's own files" }));
  // What lies in the user's own home is theirs, as root too: only the places named in it are told of.
  const places = [...read, ...(list === 'fs_write' ? written : []), ...ours].filter(
    ({ path }) => !isWithin(home, path),
  );
  const opened = places.filter(({ path }) => opens(pattern, path));
  // What lies in a place that is told of already says nothing more.
  return opened.filter(
    ({ path }, index) => opened.findIndex((other) => isWithin(path, other.path)) === index,
  );
}

function opens(pattern: PathPattern, place: string): boolean {
  return (
    matchesText(pattern, place) ||
    pattern.alternatives.some(({ anchor }) => isWithin(anchor, place)) ||
    NAMES.some((name) => matchesText(pattern, `${place}/${name}`))
  );
}

const INTERPRETERS: ReadonlySet<string> = new Set([
  ...['sh', 'ash', 'bash', 'csh', 'dash', 'fish', 'ksh', 'mksh', 'tcsh', 'zsh', 'busybox', 'nu', 'pwsh'],
  ...['awk', 'bun', 'deno', 'gawk', 'gdb', 'guile', 'lua', 'node', 'nodejs', 'perl', 'php', 'python'],
  ...['python2', 'python3', 'R', 'ruby', 'tclsh', 'expect', 'sed', 'vi', 'vim', 'emacs', 'less', 'man'],
  ...[
    'at',
    'chroot',
    'doas',
    'env',
    'find',
    'flatpak-spawn',
    'nice',
    'nohup',
    'nsenter',
    'parallel',
    'pkexec',
  ],
  ...[
    'script',
    'setsid',
    'ssh',
    'stdbuf',
    'strace',
    'su',
    'sudo',
    'systemd-run',
    'time',
    'timeout',
    'unshare',
  ],
  ...['watch', 'xargs', 'xterm', 'make', 'docker', 'podman'],
]);

/** True for a program that runs whatever it is told to: to allow it is to allow everything. */
export function runsAnything(program: string): boolean {
  const name = program.slice(program.lastIndexOf('/') + 1);
  return INTERPRETERS.has(name) || /^(?:python|perl|ruby|lua|node|php)[\d.]+$/.test(name);
}
