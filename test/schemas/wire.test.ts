import { describe, expect, it } from 'vitest';
import { CONTROL_REQUESTS } from '../../schemas/control.ts';
import { HANDSHAKE, REQUESTS, WIRE } from '../../schemas/wire.ts';

/** The smallest request of each command. */
const SMALLEST: Record<string, object> = {
  notify: { title: 'x' },
  daemon_exec: { command: 'aws' },
  fs_read: { path: '/x' },
  fs_write: { path: '/x', data: '' },
  fs_stat: { path: '/x' },
  fs_list: { path: '/x' },
  fs_watch: { path: '/x' },
  fs_unwatch: { watch: 1 },
  hud_segment_value: { value: '' },
  can: { action: 'notify' },
  command_register: { command: 'x' },
  command_done: { call: 1, code: 0 },
  privileged: { action: 'x' },
  storage_get: { key: 'k' },
  storage_put: { key: 'k', value: '' },
  storage_delete: { key: 'k' },
  hello: { api: 1 },
  failed: { error: 'x' },
};

describe.each(Object.entries({ ...REQUESTS, ...HANDSHAKE }))('%s', (cmd, schema) => {
  const request = { id: 1, cmd, ...SMALLEST[cmd] };

  it('is taken in its smallest form', () => {
    expect(schema.safeParse(request).success).toBe(true);
  });

  it.each([
    ['with an unknown key', { extra: 1 }],
    ['without an id', { id: undefined }],
    ['with a negative id', { id: -1 }],
    ['with an id that is text', { id: '1' }],
    ['as another command', { cmd: 'ping' }],
  ])('is refused %s', (_, change) => {
    expect(schema.safeParse({ ...request, ...change }).success).toBe(false);
  });
});

describe.each(Object.entries(CONTROL_REQUESTS))('%s on the control socket', (cmd, schema) => {
  it('needs no id and takes no unknown key', () => {
    const request = {
      cmd,
      spoke: 'creds',
      job: 'j',
      lease: 'l',
      title: 'x',
      environment: 'e',
      command: ['exec', 'modify'].includes(cmd) ? ['c'] : 'c',
      action: 'exec',
      approval: 'a',
      change: 0,
      for_ms: 1,
      reason: 'r',
      grant: 'g',
      offer: 'o',
      require: 'none',
      older_ms: 0,
    };
    const known = Object.fromEntries(Object.entries(request).filter(([key]) => key in schema.shape));
    expect(schema.safeParse(known).success).toBe(true);
    expect(schema.safeParse({ ...known, id: 'a' }).success).toBe(true);
    expect(schema.safeParse({ ...known, extra: 1 }).success).toBe(false);
  });
});

describe('each cap of a request holds exactly at its border', () => {
  it.each<[keyof typeof REQUESTS, string, (n: number) => unknown, number]>([
    ['notify', 'title', (n) => 'x'.repeat(n), WIRE.maxTitle],
    ['notify', 'body', (n) => 'x'.repeat(n), WIRE.maxBody],
    ['hud_segment_value', 'value', (n) => 'x'.repeat(n), WIRE.maxHud],
    ['fs_read', 'path', (n) => 'x'.repeat(n), WIRE.maxPath],
    ['fs_read', 'length', (n) => n, WIRE.maxRead],
    ['daemon_exec', 'command', (n) => 'x'.repeat(n), WIRE.maxCommand],
    ['daemon_exec', 'command', (n) => Array(n).fill('x'), WIRE.maxWords],
    ['storage_get', 'key', (n) => 'x'.repeat(n), 128],
    ['fs_read', 'spoke', (n) => 'x'.repeat(n), 64],
  ])('%s %s', (cmd, key, build, cap) => {
    const accepts = (n: number) =>
      REQUESTS[cmd].safeParse({ id: 1, cmd, ...SMALLEST[cmd], [key]: build(n) }).success;
    expect([accepts(cap), accepts(cap + 1)]).toEqual([true, false]);
  });
});

it.each(['', '.', '..', '../x', 'a/b', '-x', 'a b', 'a\0', 'a\n', '.hidden'])(
  '%j is no key of a storage',
  (key) => {
    expect(REQUESTS.storage_get.safeParse({ id: 1, cmd: 'storage_get', key }).success).toBe(false);
  },
);
