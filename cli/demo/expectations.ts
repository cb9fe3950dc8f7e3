import { TOKEN_FILE } from './sample-home.ts';

/** What one request of a bundled spoke has to come to. `what` is the resource as asked, null where there is none. */
export interface Expectation {
  readonly spoke: string;
  readonly command: string;
  readonly what: string | RegExp | null;
  readonly allowed: boolean;
  /** True where it depends on the host whether the spoke asks; what it would be told does not. */
  readonly mayNotCome: boolean;
  /** True for a program that the host may not have, or that fails or is slow there: only the decision is foretold. */
  readonly mayFail: boolean;
}

type Row = readonly [
  command: string,
  what: Expectation['what'],
  verdict: 'allowed' | 'denied',
  ...host: readonly ('may not come' | 'may fail')[],
];

const CREDS: readonly Row[] = [
  ['command_register', 'refresh', 'allowed'],
  ['get_config', /\/config\/spokes\/creds\/creds\.yaml$/, 'allowed'],
  ['fs_read', '~/.aws/credentials', 'allowed'],
  ['fs_read', '~/.aws/config', 'allowed'],
  ['fs_read', `~/${TOKEN_FILE}`, 'allowed'],
  ['hud_segment_value', null, 'allowed'],
  ['storage_get', 'last', 'allowed'],
  ['notify', null, 'allowed'],
  ['daemon_exec', 'aws sso login --profile default', 'denied'],
  ['storage_put', 'last', 'allowed'],
];

const DISK: readonly Row[] = [
  ['command_register', 'show', 'allowed'],
  ['facts', null, 'allowed'],
  ['get_config', /\/spokes\/disk\/disk\.yaml$/, 'allowed'],
  ['hud_segment_value', null, 'allowed'],
  // The mark of the sample is so low that only an empty disk lies below it.
  ['notify', null, 'denied', 'may not come'],
];

const GIT: readonly Row[] = [
  ['command_register', 'show', 'allowed'],
  ['get_config', /\/spokes\/git\/git\.yaml$/, 'allowed'],
  ['daemon_exec', /^git -C .*\/src\/sample'? config --list --name-only --show-scope$/, 'allowed', 'may fail'],
  // Once the settings could be read.
  [
    'daemon_exec',
    /^git --no-optional-locks -c core\.fsmonitor=false -C .*\/src\/sample'? status /,
    'allowed',
    'may not come',
    'may fail',
  ],
  ['hud_segment_value', null, 'allowed'],
];

const HEALER: readonly Row[] = [
  ['command_register', 'plan', 'allowed'],
  ['command_register', 'heal', 'allowed'],
  ['command_register', 'metrics', 'allowed'],
  ['command_register', 'known', 'allowed'],
  ['command_register', 'backups', 'allowed'],
  ['get_config', /\/spokes\/healer\/healer\.yaml$/, 'allowed'],
  ['facts', null, 'allowed'],
  ['storage_get', 'knowledge', 'allowed'],
  ['hud_segment_value', null, 'allowed'],
  // Where something is wrong with the host.
  ['notify', null, 'allowed', 'may not come'],
];

const NOSY: readonly Row[] = [
  ['fs_read', '/etc/passwd', 'denied'],
  ['fs_read', '~/.ssh/id_rsa', 'denied'],
  ['fs_read', '/proc/self/environ', 'denied'],
  ['fs_read', '~/notes/../.ssh/id_rsa', 'denied'],
  ['fs_write', '~/.bashrc', 'denied'],
  // Into its own directory, wherever that lies for it.
  ['fs_write', /\/planted\.mjs$/, 'denied'],
  ['daemon_exec', 'id', 'denied'],
  ['daemon_exec', 'uname -s | sh', 'denied'],
  ['notify', null, 'denied'],
  // In the name of another spoke; its own comes last.
  ['hud_segment_value', null, 'denied'],
  ['become_root', null, 'denied'],
  ['facts', null, 'denied'],
  ['fs_read', '~/notes/public.txt', 'allowed'],
  ['daemon_exec', 'uname -s', 'allowed'],
  ['hud_segment_value', null, 'allowed'],
];

const UPDATES: readonly Row[] = [
  ['command_register', 'show', 'allowed'],
  ['daemon_exec', 'apt-get --just-print upgrade', 'allowed', 'may fail'],
  // The next package manager is tried where the one before is not there.
  ['daemon_exec', 'dnf --quiet --cacheonly check-update', 'allowed', 'may not come', 'may fail'],
  ['daemon_exec', 'pacman -Qu', 'allowed', 'may not come', 'may fail'],
  // Once one of them has answered.
  ['hud_segment_value', null, 'allowed', 'may not come'],
  ['storage_get', 'told', 'allowed', 'may not come'],
  ['notify', null, 'allowed', 'may not come'],
  ['storage_put', 'told', 'allowed', 'may not come'],
];

const TABLES = { creds: CREDS, disk: DISK, git: GIT, healer: HEALER, nosy: NOSY, updates: UPDATES };

/** The bundled spokes, all of which the demo runs. */
export const DEMO_SPOKES: readonly string[] = Object.keys(TABLES);

/** Every request that the bundled spokes make in the sample home, or may make, each spoke's in its order. */
export const EXPECTATIONS: readonly Expectation[] = Object.entries(TABLES).flatMap(([spoke, table]) =>
  table.map(([command, what, verdict, ...host]) => ({
    spoke,
    command,
    what,
    allowed: verdict === 'allowed',
    mayNotCome: host.includes('may not come'),
    mayFail: host.includes('may fail'),
  })),
);
