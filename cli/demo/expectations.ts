import { TOKEN_FILE } from './sample-home.ts';

/** What one request of a bundled spoke has to come to. `what` is the resource as asked, null where there is none. */
export interface Expectation {
  readonly spoke: string;
  readonly command: string;
  readonly what: string | RegExp | null;
  readonly allowed: boolean;
}

type Row = readonly [command: string, what: Expectation['what'], verdict: 'allowed' | 'denied'];

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

/** Every request that the bundled spokes make in the sample home, each spoke's in its order. */
export const EXPECTATIONS: readonly Expectation[] = [...rows('creds', CREDS), ...rows('nosy', NOSY)];

function rows(spoke: string, table: readonly Row[]): readonly Expectation[] {
  return table.map(([command, what, verdict]) => ({ spoke, command, what, allowed: verdict === 'allowed' }));
}
