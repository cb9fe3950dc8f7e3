import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type AxiumHome, makeAxiumHome } from './support/axium-home.ts';
import { askControl, hostDaemon, runCli, withDaemon } from './support/hosted-daemon.ts';

let home: AxiumHome;

beforeEach(async () => {
  home = await makeAxiumHome();
});

afterEach(async () => {
  await runCli(home, ['daemon', 'stop']);
  await home.remove();
});

test('the documented line pings the daemon from any language', async () => {
  await withDaemon(home, async ({ child }) => {
    expect(await askControl(home.places.socket, '{"cmd":"ping"}\n')).toEqual({
      id: null,
      ok: true,
      pid: child.pid,
      version: '0.1.0',
      strict: false,
      service: false,
    });
  });
});

test('there is one daemon: a second one says which runs, and leaves it alone', async () => {
  await withDaemon(home, async ({ child }) => {
    const second = await hostDaemon(home);
    expect(second.ready).toEqual({
      ok: false,
      code: 'exists',
      error: `the daemon is already running (pid ${child.pid}); 'axium daemon stop' ends it`,
    });
    expect(await askControl(home.places.socket, { cmd: 'ping' })).toMatchObject({ pid: child.pid });
  });
});

test('after kill -9 the next daemon clears what was left and starts', async () => {
  const first = await hostDaemon(home);
  await first.end('SIGKILL');
  expect(existsSync(home.places.socket)).toBe(true);
  await withDaemon(home, async ({ ready }) => expect(ready.ok).toBe(true));
  expect(await readdir(home.places.run)).toEqual([]);
});

test('an accepted notification is still there after kill -9', async () => {
  const first = await hostDaemon(home);
  expect(await first.ask({ cmd: 'notify', title: 'kept' })).toMatchObject({ ok: true });
  await first.end('SIGKILL');
  await withDaemon(home, async ({ ask }) => {
    expect(await ask({ cmd: 'notify_drain' })).toMatchObject({
      notifications: [{ source: 'system', title: 'kept' }],
    });
  });
});

test('what lies on disk and in the runtime directory is for its owner alone', async () => {
  await withDaemon(home, async ({ ask }) => {
    await ask({ cmd: 'notify', title: 'x' });
    const { config, state, run, socket, auditLog, securityLog, daemonLog, notifications } = home.places;
    const modes = await Promise.all(
      [config, state, run, socket, auditLog, securityLog, daemonLog, notifications].map(
        async (path) => (await stat(path)).mode & 0o777,
      ),
    );
    expect(modes).toEqual(
      [0o700, 0o700, 0o700, 0o600, 0o600, 0o600, 0o600, 0o600].map((mode, index) =>
        index === 3 ? modes[3] : mode,
      ),
    );
    expect((modes[3] ?? 0o777) & 0o077).toBe(0);
  });
});

test('start, status, restart and stop do what they say, and strict mode is carried over by the one who restarts', async () => {
  expect((await runCli(home, ['daemon', 'status'])).code).toBe(3);
  expect((await runCli(home, ['daemon', 'start'])).code).toBe(0);
  const before = await askControl(home.places.socket, { cmd: 'ping' });
  expect((await runCli(home, ['daemon', 'start'])).code).toBe(0);
  expect(await askControl(home.places.socket, { cmd: 'ping' })).toEqual(before);
  expect((await runCli(home, ['daemon', 'restart'], { AXIUM_PERMS_STRICT: '1' })).code).toBe(0);
  const after = await askControl(home.places.socket, { cmd: 'ping' });
  expect(after).toMatchObject({ strict: true });
  expect(after.pid).not.toBe(before.pid);
  expect((await runCli(home, ['daemon', 'stop'])).code).toBe(0);
  expect((await runCli(home, ['daemon', 'status'])).code).toBe(3);
});

test('a broken config.yaml refuses the start with its place, and is never taken for the defaults', async () => {
  await home.put('../axium/config/config.yaml', 'spokes:\n  bundeld: [creds]\n');
  const { ready, child } = await hostDaemon(home);
  expect(ready).toMatchObject({ ok: false, code: 'invalid_file' });
  expect(ready.error).toContain("config.yaml:2:3: unknown key 'bundeld'; did you mean 'bundled'?");
  if (child.exitCode === null) await once(child, 'exit');
  expect(existsSync(home.places.lock)).toBe(false);
});

test('one bad spoke is named with its place and stops no other', async () => {
  await home.addSpoke('good', '', 'export function register() {}');
  await home.addSpoke('typo', 'permisions: {}\n', '');
  await withDaemon(home, async ({ ask, record }) => {
    await record(
      (entry) => entry.type === 'event' && entry.event === 'spoke_ready' && entry.spoke === 'good',
    );
    const { spokes, refused } = (await ask({ cmd: 'spoke_list' })) as unknown as {
      spokes: object[];
      refused: { problems: string[] }[];
    };
    expect(spokes).toMatchObject([{ name: 'good', state: 'ready' }]);
    expect(refused[0]?.problems).toEqual([
      `${home.places.spokesDirectory}/typo/spoke.yaml:4:1: unknown key 'permisions'; did you mean 'permissions'?\n  3 | entrypoint: main:register\n  4 | permisions: {}\n    | ^`,
    ]);
  });
});

test('spoke reload starts what is new, stops what is gone, and restarts what changed', async () => {
  await home.addSpoke('one', '', 'export function register() {}');
  await withDaemon(home, async ({ ask, record }) => {
    const ready = (spoke: string) =>
      record((entry) => entry.type === 'event' && entry.event === 'spoke_ready' && entry.spoke === spoke);
    await ready('one');
    const pidOf = async (name: string) =>
      (
        (await ask({ cmd: 'spoke_list' })) as unknown as { spokes: { name: string; pid: number }[] }
      ).spokes.find((spoke) => spoke.name === name)?.pid;
    const pid = await pidOf('one');
    await home.addSpoke('two', '', 'export function register() {}');
    await ask({ cmd: 'spoke_reload' });
    expect(await pidOf('one')).toBe(pid);
    await ask({ cmd: 'spoke_reload', spoke: 'one' });
    expect(await pidOf('one')).not.toBe(pid);
    const two = await pidOf('two');
    await home.put('../axium/config/spokes/two/spoke.yaml', '');
    const directory = `${home.places.spokesDirectory}/two`;
    expect(await ask({ cmd: 'spoke_reload' })).toMatchObject({ refused: [{ directory }] });
    expect([typeof two, await pidOf('two')]).toEqual(['number', two]);
    await rm(directory, { recursive: true });
    await ask({ cmd: 'spoke_reload' });
    expect(await pidOf('two')).toBeUndefined();
  });
});

test('spoke reload answers when every spoke is ready or has failed, however long its register takes', async () => {
  await withDaemon(home, async ({ ask }) => {
    await home.addSpoke(
      'slow',
      '',
      `import { setTimeout } from 'node:timers/promises'; export const register = () => setTimeout(500);`,
    );
    await home.addSpoke(
      'thrower',
      '',
      `import { setTimeout } from 'node:timers/promises';
       export const register = () => setTimeout(500).then(() => { throw new Error('no such city'); });`,
    );
    expect(await ask({ cmd: 'spoke_reload' })).toMatchObject({
      spokes: [
        { name: 'slow', state: 'ready', reason: null },
        { name: 'thrower', state: 'backoff', reason: expect.stringContaining('no such city') },
      ],
    });
    expect((await runCli(home, ['spoke', 'reload'])).code).toBe(1);
    expect((await runCli(home, ['spoke', 'reload', 'slow'])).code).toBe(0);
    expect((await runCli(home, ['spoke', 'reload', 'thrower'])).code).toBe(1);
  });
});

test('a reload that waits for a spoke ends with the daemon', async () => {
  const daemon = await hostDaemon(home);
  await home.addSpoke(
    'stuck',
    '',
    'export const register = () => new Promise(() => setInterval(() => {}, 1e6));',
  );
  const reloading = daemon.ask({ cmd: 'spoke_reload' }).catch((error: Error) => error.message);
  await daemon.record((entry) => entry.type === 'event' && entry.event === 'spoke_starting');
  await daemon.end();
  const outcome = await reloading;
  // The answer can be on its way when the daemon ends.
  if (typeof outcome === 'string') expect(outcome).toBe('closed without an answer');
  else expect(outcome).toMatchObject({ spokes: [{ state: 'stopped' }] });
});

test('a broken config.yaml is told over the control socket with its lines, and changes nothing', async () => {
  await withDaemon(home, async ({ ask, child }) => {
    await home.put('../axium/config/config.yaml', 'spokes:\n  bundeld: [creds]\n');
    const told = `${home.places.configFile}:2:3: unknown key 'bundeld'; did you mean 'bundled'?`;
    const frame = '  1 | spokes:\n  2 |   bundeld: [creds]\n    |   ^';
    expect(await ask({ cmd: 'spoke_reload' })).toEqual({
      id: null,
      ok: false,
      code: 'invalid_file',
      error: `${told}\n${frame}`,
    });
    const printed = `axium: ${told}\n  ${frame.replaceAll('\n', '\n  ')}\n`;
    for (const words of [
      ['spoke', 'reload'],
      ['daemon', 'restart'],
    ]) {
      expect([words, await runCli(home, words)]).toEqual([words, { code: 78, stdout: '', stderr: printed }]);
    }
    expect(await ask({ cmd: 'ping' })).toMatchObject({ pid: child.pid });
  });
});

test('a daemon that another pid namespace runs here is left alone, though its lock looks like that of a dead one', async () => {
  await withDaemon(home, async ({ child }) => {
    const stale = '{"pid":4194305,"began":"elsewhere"}';
    await writeFile(home.places.lock, stale);
    const second = await hostDaemon(home);
    expect(second.ready).toMatchObject({ ok: false, code: 'exists' });
    expect(second.ready.error).toContain(home.places.socket);
    expect(await askControl(home.places.socket, { cmd: 'ping' })).toMatchObject({ pid: child.pid });
  });
});

test('a home whose socket would have too long a path is refused before anything is made', async () => {
  const long = `${home.home}/${'x'.repeat(108)}`;
  const second = await hostDaemon(home, { AXIUM_HOME: long });
  expect(second.ready).toMatchObject({
    ok: false,
    code: 'invalid',
    error: expect.stringMatching(/axiumd\.sock: expected at most 107 bytes, .*; set AXIUM_HOME/),
  });
  expect(existsSync(long)).toBe(false);
  const run = await runCli(home, ['ping'], { AXIUM_HOME: long });
  expect(run).toMatchObject({ code: 78, stdout: '', stderr: `axium: ${second.ready.error}\n` });
});

test.each([
  ['', ['only 1 accesses']],
  ['8', ['only 8 accesses']],
  ['16', []],
])('few threads for file access are told, in the notes and in the log: %j', async (size, told) => {
  await withDaemon(
    home,
    async ({ ready }) => {
      const notes = (ready.notes as string[]).filter((note) => note.includes('UV_THREADPOOL_SIZE'));
      expect(notes.map((note) => note.split(' to files')[0])).toEqual(told);
      const log = await readFile(home.places.daemonLog, 'utf8');
      expect(log.includes('UV_THREADPOOL_SIZE')).toBe(told.length > 0);
    },
    { UV_THREADPOOL_SIZE: size },
  );
});

test('the end of the daemon ends every spoke and every command', async () => {
  await home.addSpoke(
    'runner',
    'permissions:\n  exec: true\n',
    `export const register = (axium) => axium.sendRequest({ cmd: 'daemon_exec', command: 'sleep 600' });`,
  );
  const daemon = await hostDaemon(home);
  await daemon.record((entry) => entry.type === 'event' && entry.event === 'spoke_ready');
  const { spokes } = (await daemon.ask({ cmd: 'spoke_list' })) as unknown as { spokes: { pid: number }[] };
  await daemon.end();
  expect(existsSync(`/proc/${spokes[0]?.pid}`)).toBe(false);
});

test('a client that says nothing and one that sends rubbish cost the others nothing', async () => {
  await withDaemon(home, async ({ ask }) => {
    const silent = connect(home.places.socket);
    await once(silent, 'connect');
    expect(await ask('rubbish\n')).toMatchObject({ ok: false, code: 'invalid' });
    expect(await ask(`${'x'.repeat(70_000)}`)).toMatchObject({ ok: false, code: 'invalid' });
    expect(await ask({ cmd: 'ping' })).toMatchObject({ ok: true });
    silent.destroy();
  });
});

test('nobody on the control socket can speak as a spoke', async () => {
  await withDaemon(home, async ({ ask }) => {
    expect(await ask({ cmd: 'notify', spoke: 'creds', title: 'x' })).toMatchObject({
      ok: false,
      code: 'identity',
    });
    expect(await ask({ cmd: 'daemon_exec', spoke: 'creds', command: 'id' })).toMatchObject({
      ok: false,
      code: 'identity',
    });
    expect(await ask({ cmd: 'fs_read', path: '/etc/passwd' })).toMatchObject({
      ok: false,
      code: 'unknown_command',
    });
  });
});
