import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { serveControl } from '../../core/control/serve.ts';
import { AxiumError } from '../../core/errors.ts';
import { InvalidFile, wholeFile } from '../../core/registry/problem.ts';
import { CONTROL_REQUESTS } from '../../schemas/control.ts';
import type { Tier } from '../../schemas/tiers.ts';
import { callerWith } from './support/caller.ts';
import { makeHost } from './support/control-host.ts';

/** Asks as a client does, with what the handlers reported as defects. */
async function makeServed(changed: Parameters<typeof makeHost>[0] = {}) {
  const { host, handlers, powers } = await makeHost(changed);
  const defects: unknown[] = [];
  const serve = serveControl({
    handlers,
    dangerous: false,
    onRefused: () => {},
    onDefect: (error, command) => defects.push([command, error]),
  });
  const ask = (body: unknown) => serve(body, callerWith());
  return { ask, host, handlers, defects, powers };
}

test('every documented command has a handler, and no other has', async () => {
  const { handlers } = await makeServed();
  expect(Object.keys(handlers).sort()).toEqual(Object.keys(CONTROL_REQUESTS).sort());
});

test.each([
  [7, 7],
  [0, 0],
  ['a', 'a'],
  ['', ''],
  [undefined, null],
  [null, null],
])('the id %j comes back as %j', async (id, echoed) => {
  const { ask } = await makeServed();
  expect(await ask({ cmd: 'ping', ...(id === undefined ? {} : { id }) })).toMatchObject({
    id: echoed,
    ok: true,
  });
});

test.each([[{}], [[1]], [true], [1.5], ['x'.repeat(65)]])('the id %j is refused', async (id) => {
  const { ask } = await makeServed();
  expect(await ask({ cmd: 'ping', id })).toMatchObject({ ok: false, code: 'invalid' });
});

test.each([
  ['nosuch'],
  [''],
  [undefined],
  [null],
  [7],
  [['ping']],
  ['constructor'],
  ['__proto__'],
  ['fs_read'],
  ['daemon_exec'],
  ['PING'],
])('the command %j is unknown', async (cmd) => {
  const { ask } = await makeServed();
  expect(await ask({ id: 1, cmd })).toEqual({
    id: 1,
    ok: false,
    code: 'unknown_command',
    error: 'cmd: there is no such command',
  });
});

test.each(['notify', 'daemon_exec'])(
  '%s in the name of a spoke is refused, whoever it names',
  async (cmd) => {
    const { ask, host } = await makeServed();
    for (const spoke of ['creds', 'system', '', null, 7]) {
      expect(await ask({ id: 1, cmd, title: 'x', command: 'ls', spoke })).toMatchObject({
        id: 1,
        ok: false,
        code: 'identity',
      });
    }
    expect(host.queue.free()).toEqual([]);
  },
);

test.each([
  [{ cmd: 'ping', extra: 1 }],
  [{ cmd: 'notify' }],
  [{ cmd: 'notify', title: '' }],
  [{ cmd: 'notify', title: 7 }],
  [{ cmd: 'notify_ack' }],
  [{ cmd: 'jobs_kill', job: 7 }],
  [{ cmd: 'spoke_logs', spoke: 'x'.repeat(65) }],
])('%j has not the documented shape, and is refused in one line', async (request) => {
  const { ask } = await makeServed();
  expect(await ask(request)).toMatchObject({
    id: null,
    ok: false,
    code: 'invalid',
    error: expect.stringMatching(/^[^\n]+$/),
  });
});

test('a key __proto__ changes nothing', async () => {
  const { ask } = await makeServed();
  await ask(JSON.parse('{"cmd":"ping","__proto__":{"polluted":true}}'));
  expect({}).not.toHaveProperty('polluted');
});

describe('a handler that fails', () => {
  test('with an error of ours is answered with its code and text', async () => {
    const { ask, defects } = await makeServed({
      reload: () => Promise.reject(new AxiumError('busy', 'later')),
    });
    expect(await ask({ id: 1, cmd: 'spoke_reload' })).toEqual({
      id: 1,
      ok: false,
      code: 'busy',
      error: 'later',
    });
    expect(defects).toEqual([]);
  });

  test('because a file is not valid is told with all its lines', async () => {
    const problem = wholeFile('/x/config.yaml', 'expected something else');
    const { ask, defects } = await makeServed({
      reload: () => Promise.reject(new InvalidFile([problem, problem])),
    });
    expect(await ask({ id: 1, cmd: 'spoke_reload' })).toEqual({
      id: 1,
      ok: false,
      code: 'invalid_file',
      error: '/x/config.yaml: expected something else\n/x/config.yaml: expected something else',
    });
    expect(defects).toEqual([]);
  });

  test.each<[string, () => Promise<unknown>, string]>([
    [
      'a file that was removed',
      () => open('/nosuch/\u001b[2J'),
      '/nosuch/?[2J: open failed with ENOENT; it was removed; put it back, or restart the daemon',
    ],
    [
      'a directory in the place of a file',
      () => open('/', constants.O_WRONLY),
      '/: open failed with EISDIR; expected a file; take the directory away',
    ],
    [
      'a full disk, which names no file',
      async () => {
        const file = await open('/dev/full', 'w');
        await file.write('x').finally(() => file.close());
      },
      'the daemon: write failed with ENOSPC; its file system is full; make room there',
    ],
  ])('on %s tells what to mend', async (_what, fail, error) => {
    const { ask, defects } = await makeServed({ reload: () => fail().then(() => {}) });
    expect(await ask({ id: 1, cmd: 'spoke_reload' })).toEqual({
      id: 1,
      ok: false,
      code: 'unavailable',
      error,
    });
    expect(defects).toEqual([]);
  });

  test.each([
    [
      'at once',
      () => {
        throw new Error('secret');
      },
    ],
    ['later', () => Promise.reject(new Error('secret'))],
  ])('with any other, %s, is a defect, of which the client learns no more', async (_when, reload) => {
    const { ask, defects } = await makeServed({ reload });
    expect(await ask({ id: 1, cmd: 'spoke_reload' })).toEqual({
      id: 1,
      ok: false,
      code: 'internal',
      error: 'a defect of Axium; see its log',
    });
    expect(defects).toEqual([['spoke_reload', new Error('secret')]]);
  });
});

describe('a caller whose tier is not enough', () => {
  test.each<[Tier, string, boolean]>([
    ['readonly', 'ping', true],
    ['readonly', 'status', true],
    ['readonly', 'notify_drain', false],
    ['readonly', 'shutdown', false],
    ['operator', 'notify_drain', true],
    ['operator', 'spoke_reload', true],
    ['operator', 'shutdown', false],
    ['admin', 'shutdown', true],
  ])('%s: %s: %j', async (tier, cmd, allowed) => {
    const { host, handlers } = await makeHost();
    const refused: string[] = [];
    const serve = serveControl({
      handlers,
      dangerous: false,
      onRefused: ({ principal }, command) => refused.push(`${principal} ${command}`),
      onDefect: () => {},
    });
    await host.queue.add('creds', { title: 'a', body: '', level: 'info' });
    const answer = await serve({ cmd }, callerWith(tier));
    expect(answer).toMatchObject(allowed ? { ok: true } : { ok: false, code: 'denied' });
    expect(refused).toEqual(allowed ? [] : [`user:1000 ${cmd}`]);
    // What is refused has had no effect.
    expect(host.queue.list()).toHaveLength(allowed && cmd === 'notify_drain' ? 0 : 1);
  });

  test.each<[Tier, boolean, string | null]>([
    ['readonly', false, 'expected the tier admin, found readonly'],
    ['readonly', true, 'expected the tier admin, found readonly'],
    ['operator', true, 'expected the tier admin, found operator'],
    ['admin', false, 'dangerous operations disabled; start the daemon with AXIUM_DANGEROUS_OPS=true'],
    ['admin', true, null],
  ])('%s, where dangerous operations are enabled: %j', async (tier, dangerous, problem) => {
    const done: string[] = [];
    const { handlers } = await makeHost();
    // What decides about the act itself is not the question here.
    const open = { ...handlers, audit_prune: async () => ({ pieces: done.push('pruned') }) };
    const serve = serveControl({ handlers: open, dangerous, onRefused: () => {}, onDefect: () => {} });
    const answer = await serve({ cmd: 'audit_prune', older_ms: 0 }, callerWith(tier));
    expect(answer).toMatchObject(
      problem === null
        ? { ok: true }
        : { ok: false, code: 'denied', error: expect.stringContaining(`audit_prune: ${problem}`) },
    );
    expect(done).toEqual(problem === null ? ['pruned'] : []);
  });

  test('learns of a shape that is wrong first, and of the tier then', async () => {
    const { handlers } = await makeHost();
    const serve = serveControl({ handlers, dangerous: false, onRefused: () => {}, onDefect: () => {} });
    expect(await serve({ cmd: 'shutdown', x: 1 }, callerWith('readonly'))).toMatchObject({ code: 'invalid' });
    expect(await serve({ cmd: 'shutdown' }, callerWith('readonly'))).toEqual({
      id: null,
      ok: false,
      code: 'denied',
      error:
        "shutdown: expected the tier admin, found readonly (the test says so); 'axium whoami' shows who you are here",
    });
  });
});
