import { expect, test } from 'vitest';
import { REQUESTS } from '../../../schemas/wire.ts';
import type { Axium, Reply, WireRequest } from '../../../spokes/runtime/api.mts';
import { EventTable } from '../../../spokes/runtime/event-table.mts';
import { makeAxium, makeEvents } from '../../../spokes/runtime/make-axium.mts';
import { makeParts } from '../support/parts.ts';

/** An Axium whose daemon gives these replies one after another, and keeps what it was asked. */
function axiumAnswering(...replies: readonly Reply[]) {
  const asked: WireRequest[] = [];
  const axium = makeAxium(
    async (request) => {
      asked.push(JSON.parse(JSON.stringify(request)));
      return replies[asked.length - 1] ?? { ok: true };
    },
    { name: 'fixture', version: '1.2.3' },
    makeParts(),
  );
  return { axium, asked };
}

const CALLS: readonly (readonly [
  title: string,
  call: (axium: Axium) => Promise<unknown>,
  request: WireRequest,
  reply: Readonly<Record<string, unknown>>,
  result: unknown,
])[] = [
  [
    'notify',
    (axium) => axium.notify({ title: 'T', body: 'B', level: 'warning' }),
    { cmd: 'notify', title: 'T', body: 'B', level: 'warning' },
    { notification: 'n1' },
    undefined,
  ],
  [
    'exec in the background',
    (axium) => axium.exec('aws sso login'),
    { cmd: 'daemon_exec', command: 'aws sso login', mode: 'background' },
    { job: 'j1' },
    { job: 'j1' },
  ],
  [
    'exec that waits',
    (axium) => axium.exec(['uname', '-s'], { mode: 'wait' }),
    { cmd: 'daemon_exec', command: ['uname', '-s'], mode: 'wait' },
    { job: 'j1', code: 0, signal: null, stdout: 'Linux\n', stderr: '', timed_out: false, truncated: true },
    { code: 0, signal: null, stdout: 'Linux\n', stderr: '', timedOut: false, truncated: true },
  ],
  [
    'fs.read of a part',
    (axium) => axium.fs.read('/a', { encoding: 'bytes', offset: 5, length: 3 }),
    { cmd: 'fs_read', path: '/a', encoding: 'bytes', offset: 5, length: 3 },
    { data: new Uint8Array([0, 255, 97]), encoding: 'bytes', size: 10, offset: 5, eof: false },
    new Uint8Array([0, 255, 97]),
  ],
  [
    'fs.read of bytes that are no text',
    (axium) => axium.fs.read('/a'),
    { cmd: 'fs_read', path: '/a', encoding: 'bytes', offset: 0, length: 4_194_304 },
    { data: new Uint8Array([0, 255, 97]), encoding: 'bytes', size: 3, offset: 0, eof: true },
    '\u0000\uFFFDa',
  ],
  [
    'fs.write of text',
    (axium) => axium.fs.write('/a', 'ä', { append: true }),
    { cmd: 'fs_write', path: '/a', data: 'ä', encoding: 'utf8', append: true },
    { bytes: 2 },
    { bytes: 2 },
  ],
  [
    'fs.write of bytes',
    (axium) => axium.fs.write('/a', new Uint8Array([9, 0, 255, 97]).subarray(1)),
    { cmd: 'fs_write', path: '/a', data: 'AP9h', encoding: 'base64', append: false },
    { bytes: 3 },
    { bytes: 3 },
  ],
  [
    'fs.append',
    (axium) => axium.fs.append('/a', 'b'),
    { cmd: 'fs_write', path: '/a', data: 'b', encoding: 'utf8', append: true },
    { bytes: 1 },
    { bytes: 1 },
  ],
  [
    'fs.list',
    (axium) => axium.fs.list('/a'),
    { cmd: 'fs_list', path: '/a' },
    { entries: [{ name: 'b', type: 'file' }] },
    [{ name: 'b', type: 'file' }],
  ],
  [
    'fs.stat',
    (axium) => axium.fs.stat('/a'),
    { cmd: 'fs_stat', path: '/a' },
    { type: 'file', size: 3, modified_ms: 1000, mode: 0o600 },
    { type: 'file', size: 3, modified: new Date(1000), mode: 0o600 },
  ],
  [
    'permissions.can of a path',
    (axium) => axium.permissions.can('fs_read', '/a'),
    { cmd: 'can', action: 'fs_read', path: '/a' },
    { effect: 'allow' },
    true,
  ],
  [
    'permissions.can of a command that a person would be asked about',
    (axium) => axium.permissions.can('exec', ['id']),
    { cmd: 'can', action: 'exec', command: ['id'] },
    { effect: 'ask' },
    false,
  ],
  [
    'permissions.can without more',
    (axium) => axium.permissions.can('notify'),
    { cmd: 'can', action: 'notify' },
    { effect: 'deny', error: 'no', entry: 'notify: true' },
    false,
  ],
  ['hud', (axium) => axium.hud('[x]'), { cmd: 'hud_segment_value', value: '[x]' }, {}, undefined],
  ['facts', (axium) => axium.facts(), { cmd: 'facts' }, { load: null, disks: [] }, { load: null, disks: [] }],
  [
    'privileged',
    (axium) => axium.privileged('restart_service', { unit: 'nginx.service' }),
    { cmd: 'privileged', action: 'restart_service', params: { unit: 'nginx.service' } },
    {
      success: true,
      via: 'executor',
      end: 'exited',
      code: 0,
      signal: null,
      stdout: 'x',
      stderr: '',
      record: {},
    },
    { success: true, needsAuth: false, via: 'executor', code: 0, stdout: 'x', stderr: '' },
  ],
  [
    'privileged on a host without a way to do it',
    (axium) => axium.privileged('clear_system_cache'),
    { cmd: 'privileged', action: 'clear_system_cache', params: {} },
    { success: false, needs_auth: true, suggestion: 'Run manually: sudo x' },
    { success: false, needsAuth: true, suggestion: 'Run manually: sudo x' },
  ],
  ['storage.get', (axium) => axium.storage.get('k'), { cmd: 'storage_get', key: 'k' }, { value: null }, null],
  [
    'storage.put',
    (axium) => axium.storage.put('k', 'v'),
    { cmd: 'storage_put', key: 'k', value: 'v' },
    {},
    undefined,
  ],
  ['storage.list', (axium) => axium.storage.list(), { cmd: 'storage_list' }, { keys: ['k'] }, ['k']],
  [
    'storage.delete',
    (axium) => axium.storage.delete('k'),
    { cmd: 'storage_delete', key: 'k' },
    {},
    undefined,
  ],
  [
    'permissions',
    (axium) => axium.permissions(),
    { cmd: 'get_permissions' },
    { permissions: { exec: ['uname -s'], notify: true } },
    { exec: ['uname -s'], notify: true },
  ],
  ['config', (axium) => axium.config(), { cmd: 'get_config' }, { value: { a: 1 } }, { a: 1 }],
  ['config of a key', (axium) => axium.config('a'), { cmd: 'get_config', key: 'a' }, { value: 1 }, 1],
];

test.each(CALLS)('%s asks what the wire defines, and gives what the wire answers', async (...row) => {
  const [, call, request, reply, result] = row;
  const { axium, asked } = axiumAnswering({ ok: true, ...reply });
  expect(await call(axium)).toEqual(result);
  expect(asked).toEqual([request]);
  expect(
    REQUESTS[request.cmd as keyof typeof REQUESTS].safeParse({ id: 1, ...request }).error,
  ).toBeUndefined();
});

test.each(CALLS)('%s rejects with the code and the sentence of the daemon', async (...row) => {
  const { axium } = axiumAnswering({
    ok: false,
    code: 'denied',
    error: 'no rule allows it',
    entry: 'x: true',
  });
  await expect(row[1](axium)).rejects.toMatchObject({
    name: 'AxiumFailure',
    code: 'denied',
    message: 'no rule allows it',
    entry: 'x: true',
  });
});

test('a read of many chunks ends where the file ends, and at the length that was asked', async () => {
  const chunk = (size: number, eof: boolean): Reply => ({
    ok: true,
    data: new Uint8Array(size),
    eof,
  });
  const { axium, asked } = axiumAnswering(chunk(4_194_304, false), chunk(1_000_000, false));
  const bytes = await axium.fs.read('/a', { encoding: 'bytes', offset: 10, length: 5_194_304 });
  expect(bytes.length).toBe(5_194_304);
  expect(asked.map(({ offset, length }) => [offset, length])).toEqual([
    [10, 4_194_304],
    [4_194_314, 1_000_000],
  ]);
});

test('a file that stops giving bytes before its end is a failure, not an endless read', async () => {
  const { axium } = axiumAnswering(
    { ok: true, data: new Uint8Array(3), eof: false },
    { ok: true, data: new Uint8Array(0), eof: false },
  );
  await expect(axium.fs.read('/a')).rejects.toMatchObject({ code: 'failed' });
});

test.each([
  ['an encoding', (axium: Axium) => axium.fs.read('/a', { encoding: 'latin1' } as never)],
  ['a content', (axium: Axium) => axium.fs.write('/a', 42 as never)],
])('%s that the runtime does not know is invalid, and nothing is asked', async (_what, call) => {
  const { axium, asked } = axiumAnswering();
  await expect(call(axium)).rejects.toMatchObject({ code: 'invalid' });
  expect(asked).toEqual([]);
});

test('nothing that a spoke is given can be changed', () => {
  const { axium } = axiumAnswering();
  const events = makeEvents(new EventTable(() => {}));
  const parts = [axium, events, axium.fs, axium.storage, axium.spoke];
  const all = [
    ...parts,
    ...parts.flatMap((part) => Object.values(part)).filter((value) => typeof value !== 'string'),
  ];
  expect(all.filter((part) => !Object.isFrozen(part))).toEqual([]);
  expect(all.length).toBeGreaterThan(15);
});
