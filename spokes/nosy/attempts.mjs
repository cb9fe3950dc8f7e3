import { fileURLToPath } from 'node:url';

/** @typedef {import('../runtime/api.mts').WireRequest} WireRequest */

/** What this spoke may not. @type {readonly (readonly [what: string, request: WireRequest])[]} */
export const FORBIDDEN = [
  ['read /etc/passwd', { cmd: 'fs_read', path: '/etc/passwd' }],
  ['read ~/.ssh/id_rsa', { cmd: 'fs_read', path: '~/.ssh/id_rsa' }],
  ['read /proc/self/environ', { cmd: 'fs_read', path: '/proc/self/environ' }],
  ["read a path with '..'", { cmd: 'fs_read', path: '~/notes/../.ssh/id_rsa' }],
  ['write ~/.bashrc', { cmd: 'fs_write', path: '~/.bashrc', data: '# nosy was here\n', append: true }],
  ['write into its own directory', { cmd: 'fs_write', path: besideThis('planted.mjs'), data: '' }],
  ['run id', { cmd: 'daemon_exec', command: 'id', mode: 'wait' }],
  ['run a pipe', { cmd: 'daemon_exec', command: 'uname -s | sh', mode: 'wait' }],
  ['notify', { cmd: 'notify', title: 'Look at me' }],
  ['speak for creds', { cmd: 'hud_segment_value', spoke: 'creds', value: '[creds:Y]' }],
  ['an unknown command', { cmd: 'become_root' }],
  ['facts', { cmd: 'facts' }],
];

/** What it may, each by an entry of its spoke.yaml. @type {typeof FORBIDDEN} */
export const PERMITTED = [
  ['read ~/notes/public.txt', { cmd: 'fs_read', path: '~/notes/public.txt' }],
  ['run uname -s', { cmd: 'daemon_exec', command: ['uname', '-s'], mode: 'wait' }],
];

function besideThis(/** @type {string} */ name) {
  return fileURLToPath(new URL(name, import.meta.url));
}
