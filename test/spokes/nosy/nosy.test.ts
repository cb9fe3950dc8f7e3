import { expect, test } from 'vitest';
import { FORBIDDEN, PERMITTED } from '../../../spokes/nosy/attempts.mjs';
import { bundledModule, smallDaemon } from '../support/small-daemon.ts';
import { SpokeProcess } from '../support/spoke-process.ts';

const files = { '~/notes/public.txt': 'hello' };

test('nosy is refused what it may not, gets what it may, and reports each on one line', async () => {
  const spoke = new SpokeProcess({ module: bundledModule('nosy'), answer: smallDaemon('nosy', { files }) });
  await spoke.line('ready');
  expect(spoke.sent('hud_segment_value').map(({ value }) => value)).toEqual(['[creds:Y]', '[nosy:12/14]']);
  await spoke.end();
  expect(spoke.stdout.split('\n')).toEqual([
    'read /etc/passwd: refused (denied): fs_read is denied: no rule allows it',
    'read ~/.ssh/id_rsa: refused (denied): fs_read is denied: no rule allows it',
    'read /proc/self/environ: refused (denied): fs_read is denied: no rule allows it',
    "read a path with '..': refused (invalid): expected no '..'",
    'write ~/.bashrc: refused (denied): fs_write is denied: no rule allows it',
    'write into its own directory: refused (denied): fs_write is denied: no rule allows it',
    'run id: refused (denied): exec is denied: no rule allows it',
    'run a pipe: refused (invalid): an operator',
    'notify: refused (denied): notify is denied: no rule allows it',
    "speak for creds: refused (identity): expected 'nosy'",
    'an unknown command: refused (unknown_command): there is no such command',
    'facts: refused (denied): facts is denied: no rule allows it',
    'read ~/notes/public.txt: got through',
    'run uname -s: got through',
    'set its HUD segment: got through',
    '',
  ]);
  expect(spoke.stderr).toBe('');
});

test('nosy tells when it was let through where it should not have been', async () => {
  const spoke = new SpokeProcess({ module: bundledModule('nosy'), answer: () => ({ ok: true }) });
  await spoke.line('ready');
  expect(spoke.sent('hud_segment_value').at(-1)?.value).toBe('[nosy:0/14]');
  await spoke.end();
  expect(spoke.stdout.match(/: got through$/gm)).toHaveLength(15);
});

test('nosy is ready though everything is refused, its HUD segment included', async () => {
  const answer = () => ({ ok: false, code: 'busy', error: 'try again later' });
  const spoke = new SpokeProcess({ module: bundledModule('nosy'), answer });
  await spoke.line('ready');
  expect(spoke.sent('hud_segment_value').at(-1)?.value).toBe('[nosy:14/14]');
});

test('the file that nosy would plant lies in its own directory', () => {
  const [, request] = FORBIDDEN.find(([what]) => what === 'write into its own directory') ?? [];
  expect(request?.path).toBe(new URL('planted.mjs', bundledModule('nosy')).pathname);
  expect(FORBIDDEN.length + PERMITTED.length).toBe(14);
});
