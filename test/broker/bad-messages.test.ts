import { expect, test } from 'vitest';
import { makeWorld } from './support/broker-world.ts';

test.each([
  'nosuch',
  '',
  'constructor',
  '__proto__',
  'toString',
  'hello',
  'ready',
  'perms_list',
  'NOTIFY',
  'notify\n',
])('the command %j, which there is not, is refused with one decision on record', async (cmd) => {
  const { ask, audit } = await makeWorld();
  expect(await ask({ cmd })).toEqual({
    id: 7,
    ok: false,
    code: 'unknown_command',
    error: 'cmd: there is no such command',
  });
  expect(audit.entries).toMatchObject([
    { type: 'decision', command: cmd, action: 'unknown', effect: 'deny' },
  ]);
});

test.each([
  ['notify', { title: '' }],
  ['notify', { title: 'x'.repeat(201) }],
  ['notify', { title: 'x', body: 'x'.repeat(4001) }],
  ['notify', { title: 'x', level: 'fatal' }],
  ['notify', {}],
  ['daemon_exec', {}],
  ['daemon_exec', { command: 7 }],
  ['daemon_exec', { command: [['ls']] }],
  ['daemon_exec', { command: ['ls', null] }],
  ['daemon_exec', { command: 'ls', mode: 'shell' }],
  ['daemon_exec', { command: 'x'.repeat(32_769) }],
  ['daemon_exec', { command: 'ls | sh' }],
  ['daemon_exec', { command: '-c ls' }],
  ['fs_read', {}],
  ['fs_read', { path: '' }],
  ['fs_read', { path: 'relative' }],
  ['fs_read', { path: '/a/../b' }],
  ['fs_read', { path: '/a\0b' }],
  ['fs_read', { path: '/a\nb' }],
  ['fs_read', { path: `/${'x'.repeat(4096)}` }],
  ['fs_read', { path: '/a', offset: -1 }],
  ['fs_read', { path: '/a', offset: 0.5 }],
  ['fs_read', { path: '/a', length: 0 }],
  ['fs_read', { path: '/a', length: 8_388_609 }],
  ['fs_read', { path: '/a', encoding: 'latin1' }],
  ['fs_write', { path: '/a' }],
  ['fs_write', { path: '/a', data: 7 }],
  ['fs_write', { path: '/', data: '' }],
  ['fs_write', { path: '/a', data: '', append: 'yes' }],
  ['hud_segment_value', { value: 'x'.repeat(65) }],
  ['get_config', { key: 7 }],
  ['storage_get', { key: '../other' }],
  ['storage_put', { key: 'a', value: null }],
] as const)(
  '%s with %j is refused as invalid in one line, with one decision on record',
  async (cmd, fields) => {
    const { ask, audit } = await makeWorld();
    expect(await ask({ cmd, ...fields })).toMatchObject({
      ok: false,
      code: 'invalid',
      error: expect.stringMatching(/^[^\n]+$/),
    });
    expect(audit.entries).toMatchObject([{ type: 'decision', effect: 'deny' }]);
  },
);

test('an empty command is a denial, with one decision on record', async () => {
  const { ask, audit } = await makeWorld();
  expect(await ask({ cmd: 'daemon_exec', command: '  ' })).toMatchObject({
    code: 'denied',
    error: 'empty command',
  });
  expect(audit.entries).toMatchObject([{ action: 'exec', effect: 'deny', reason: 'empty command' }]);
});

test('a refusal, and its record, do not repeat what was sent at length', async () => {
  const { ask, audit } = await makeWorld();
  const long = 'k'.repeat(10_000);
  const response = await ask({ cmd: 'notify', title: 'x', [long]: 1 });
  expect(response).toMatchObject({ ok: false, code: 'invalid' });
  expect(JSON.stringify([response, audit.entries]).length).toBeLessThan(2000);
});
