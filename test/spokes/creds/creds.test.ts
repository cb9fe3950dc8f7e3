import { expect, test } from 'vitest';
import { bundledModule, smallDaemon } from '../support/small-daemon.ts';
import { SpokeProcess } from '../support/spoke-process.ts';

const SESSION = '[default]\naws_access_key_id = K\naws_secret_access_key = S\naws_session_token = T\n';
const EXPIRED = { '~/.aws/credentials': `${SESSION}x_security_token_expires = 2001-01-01T00:00:00Z\n` };

test('creds is ready when it has shown and told what it found, by nothing but what its spoke.yaml declares', async () => {
  const answer = smallDaemon('creds', { files: EXPIRED, config: { auto_refresh: true } });
  const spoke = new SpokeProcess({ module: bundledModule('creds'), answer });
  await spoke.line('ready');
  expect(spoke.lines.map(({ cmd }) => cmd)).toEqual([
    'hello',
    'command_register',
    'get_config',
    'fs_read',
    'fs_read',
    'hud_segment_value',
    'storage_get',
    'notify',
    'daemon_exec',
    'storage_put',
    'ready',
  ]);
  await spoke.end();
  expect(spoke.stderr).toBe('');
});

test('creds looks again when its rights change', async () => {
  const refused: Record<string, string> = { '~/.aws/credentials': 'denied' };
  const spoke = new SpokeProcess({
    module: bundledModule('creds'),
    answer: smallDaemon('creds', { files: EXPIRED, refused }),
  });
  await spoke.line('ready');
  expect(spoke.sent('notify')).toEqual([]);
  delete refused['~/.aws/credentials'];
  spoke.send({ event: 'permissions_changed' });
  expect(await spoke.line('notify')).toMatchObject({ title: 'Credentials expired' });
});

test('creds is ready and lives on with every single request refused', async () => {
  const answer = () => ({ ok: false, code: 'denied', error: 'no' });
  const spoke = new SpokeProcess({ module: bundledModule('creds'), answer });
  await spoke.line('ready');
  spoke.send({ event: 'permissions_changed' });
  await spoke.until(
    () => spoke.sent('hud_segment_value').length === 2 && spoke.stderr.split('\n').length > 5,
  );
  expect(spoke.stderr.trim().split('\n').sort()).toEqual([
    'command: denied: no',
    'config: denied: no',
    'hud: denied: no',
    'read ~/.aws/config: denied: no',
    'read ~/.aws/credentials: denied: no',
  ]);
});

test('axium creds refresh asks for a login of the profile and looks again', async () => {
  const answer = smallDaemon('creds', { files: EXPIRED, config: { profile: 'default' } });
  const spoke = new SpokeProcess({ module: bundledModule('creds'), answer });
  await spoke.line('ready');
  spoke.send({ event: 'command', call: 3, command: 'refresh', args: [] });
  expect(await spoke.line('command_done')).toMatchObject({
    call: 3,
    code: 0,
    stdout: 'asked for a login of profile default\n',
  });
  expect(spoke.sent('daemon_exec')).toMatchObject([
    { command: ['aws', 'sso', 'login', '--profile', 'default'] },
  ]);
  expect(spoke.sent('hud_segment_value')).toHaveLength(2);
});
