import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { missingFor, missingProgram } from '../scenarios/support/levels.ts';
import { writeSpoke } from '../support/spoke-directory.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';

// As authors have it: what is built.
const built = '../../dist/core/testing/index.js';
const { openSpoke, matchers } = (await import(built)) as typeof import('../../core/testing/index.ts');
type Tested = ReturnType<typeof openSpoke>;

const opened: Tested[] = [];
afterEach(async () => {
  for (const spoke of opened.splice(0)) await spoke.close();
});
const scratch = mkdtempSync(join(tmpdir(), 'axium-test-kit-'));
const { TMPDIR } = process.env;
beforeAll(() => {
  process.env.TMPDIR = scratch;
});
afterAll(() => {
  if (TMPDIR === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = TMPDIR;
  const left = readdirSync(scratch).filter((name) => name.startsWith('axium-testing-'));
  rmSync(scratch, { recursive: true });
  expect(left).toEqual([]);
});

function open(rights: string, code: string, files: Readonly<Record<string, string>> = {}): Tested {
  const directory = writeSpoke(makeTemporaryDirectory(), 'todo', {
    'spoke.yaml': `name: todo\nversion: 1.0.0\nentrypoint: main:register\n${rights}`,
    'main.mjs': code,
    ...files,
  });
  const spoke = openSpoke(directory);
  opened.push(spoke);
  return spoke;
}

it('what runs on demand is started, and told of its time', async () => {
  const code = `export async function register(axium, events) {
    events.on('due', (timer) => axium.hud(timer));
    await axium.command('twice', ([word]) => word + word);
  }`;
  const spoke = open('activation: on-demand\ntriggers: {every: 1d, commands: [twice]}\n', code);
  const run = await spoke.run();
  expect(run.ready).toBe(true);
  await run.until(({ cmd }) => cmd === 'hud_segment_value');
  expect(run.hud).toBe('every');
  expect((await run.command('twice', 'ab')).stdout).toBe('abab\n');
  const called = await open('activation: on-demand\ntriggers: {commands: [twice]}\n', code).run();
  expect(called.ready).toBe(true);
});

const RIGHTS = 'permissions:\n  notify: true\n  fs_read: [~/notes/todo.md]\n  fs_write: [~/out/*]\n';
const TODO = `
export async function register(axium, events) {
  console.log('begins');
  const count = async () => {
    try {
      const text = await axium.fs.read('~/notes/todo.md');
      const open = text.split('\\n').filter((line) => line.startsWith('- [ ]'));
      await axium.hud(\`[todo:\${open.length}]\`);
      await axium.notify({ title: \`\${open.length} things to do\`, body: open.join('\\n') });
    } catch (error) {
      if (error.code !== 'denied') throw error;
      console.log(error.message);
    }
  };
  await count();
  events.on('permissions_changed', () => axium.storage.put('told', 'yes'));
  axium.every('1h', count);
  axium.command('count', async (args) => \`counted \${args.join('+')}\`);
}
`;
const FILES = { '~/notes/todo.md': '- [ ] one\n- [x] two\n- [ ] three\n' };

describe('a run', () => {
  it('records what the spoke asked for, how that was decided, and what came of it', async () => {
    const run = await open(RIGHTS, TODO).run({ files: FILES });
    expect(run.requests.map(({ cmd, reply }) => [cmd, reply.ok])).toEqual([
      ['fs_read', true],
      ['hud_segment_value', true],
      ['notify', true],
      ['command_register', true],
    ]);
    expect(run.requests[0]?.fields).toMatchObject({ path: '~/notes/todo.md' });
    expect(run.decisions[0]).toMatchObject({
      action: 'fs_read',
      allowed: true,
      resource: '~/notes/todo.md',
      target: expect.stringMatching(/\/home\/notes\/todo\.md$/),
      rule: expect.stringMatching(/spoke\.yaml:6:13$/),
    });
    expect([run.ready, run.failure, run.level, run.hud]).toEqual([true, null, 'none', '[todo:2]']);
    expect(run.log).toBe('begins\n');
    run.expect.toBeReady();
    run.expect.toHaveNotified({ title: '2 things to do', body: /- \[ \] one\n/ });
    run.expect.not.toHaveBeenDenied('notify');
    run.expect.toHaveUsedOnly('fs_read', 'hud', 'notify', 'command');
  });

  it('of a spoke that may not goes on, and says what was denied', async () => {
    const run = await open(RIGHTS, TODO).run({ deny: ['fs_read'], files: FILES });
    run.expect.toBeReady();
    run.expect.toHaveBeenDenied('fs_read', '~/notes/todo.md');
    run.expect.not.toHaveNotified();
    expect(() => run.expect.toHaveNotified({ title: 'x' })).toThrow(
      "expected todo to have notified title 'x'; it has queued nothing",
    );
    expect(() => run.expect.toHaveUsedOnly('notify')).toThrow(
      'expected todo to have used only notify; it used ',
    );
  });

  it('is under what its user changes as well', async () => {
    const permissions = { notify: false, fs_write: ['~/more/*'] };
    const code =
      "export async function register(axium) { await axium.fs.write('~/more/a.txt', 'made'); await axium.notify({ title: 'x' }).catch(() => {}); }";
    const run = await open(RIGHTS, code).run({ permissions });
    run.expect.toHaveBeenDenied('notify');
    expect(await run.readFile('~/more/a.txt')).toBe('made');
  });

  it('hears its commands, and of rights that go away', async () => {
    const run = await open(RIGHTS, TODO).run({ files: FILES });
    expect(await run.command('count', 'a', 'b')).toMatchObject({ code: 0, stdout: 'counted a+b\n' });
    await run.revoke('notify');
    await run.until(({ cmd }) => cmd === 'storage_put');
    expect((await run.until(({ cmd }) => cmd === 'storage_put')).fields).toMatchObject({ key: 'told' });
  });

  it('by a clock that stands still has its timers called as the test moves it on', async () => {
    const code = `
export async function register(axium) {
  await axium.storage.put('began', new Date().toISOString());
  axium.every('10m', async () => { await axium.notify({ title: new Date().toISOString() }); await axium.hud('[x]'); });
  axium.at('12:00', () => axium.notify({ title: 'noon' }));
  setTimeout(() => axium.notify({ title: 'once' }), 90_000);
}`;
    const run = await open('permissions:\n  notify: true\n', code).run({ clock: '2029-10-07T11:45:00Z' });
    expect(run.requests[0]?.fields).toMatchObject({ value: '2029-10-07T11:45:00.000Z' });
    await run.advance(60_000);
    expect(run.notifications).toEqual([]);
    await run.advance(20 * 60_000);
    expect(run.notifications.map(({ title }) => title).filter((title) => title !== 'noon')).toEqual([
      'once',
      '2029-10-07T11:55:00.000Z',
      '2029-10-07T12:05:00.000Z',
    ]);
    expect(run.notifications[0]?.time).toBe('2029-10-07T11:46:30.000Z');
  });

  it('sees an entry expire by that clock', async () => {
    const rights =
      'permissions:\n  fs_read:\n    - path: ~/notes/todo.md\n      expires: 2030-01-01T00:00:00Z\n';
    const code =
      "export async function register(axium) { axium.every('1h', () => axium.fs.read('~/notes/todo.md').catch(() => {})); }";
    const run = await open(rights, code).run({ files: FILES, clock: '2029-12-31T22:30:00Z' });
    await run.advance(2 * 3_600_000);
    expect(run.decisions.map(({ allowed }) => allowed)).toEqual([true, false]);
  });

  it('of a spoke that does not start tells why, by the place in its code', async () => {
    const run = await open('', '\nexport function register() {\n  throw new Error("no");\n}\n').run();
    expect(run.ready).toBe(false);
    expect(run.failure).toMatch(/main\.mjs:3:9: Error: no/);
    expect(() => run.expect.toBeReady()).toThrow('expected todo to be ready; ');
  });

  it('of what is no spoke is refused by the place in its files', async () => {
    const spoke = open('permissions: {notfiy: true}\n', TODO);
    await expect(spoke.run()).rejects.toThrow(
      /\/todo\/spoke\.yaml:4:15: unknown key 'notfiy'; did you mean 'notify'\?/,
    );
  });

  it('finds no files but those of its own home', async () => {
    await expect(open('', TODO).run({ files: { '/etc/x': '' } })).rejects.toThrow(
      "files: expected a path that begins with '~/'",
    );
    await expect(open('', TODO).run({ files: { '~/../x': '' } })).rejects.toThrow(
      "files: expected a path that begins with '~/'",
    );
  });

  it('of TypeScript runs what it is without types', async () => {
    const code =
      "import type { Register } from 'axium/spoke';\nexport const register: Register = async (axium) => { await axium.hud('[ts]'); };\n";
    const directory = writeSpoke(makeTemporaryDirectory(), 'typed', { 'main.ts': code, 'main.mjs': '' });
    rmSync(`${directory}/main.mjs`);
    const typed = openSpoke(directory);
    opened.push(typed);
    expect((await typed.run()).hud).toBe('[ts]');
  });
});

describe('a real sandbox', () => {
  it.each(['strong', 'kernel'] as const)('at %s holds the spoke as its user would', async (level) => {
    const code =
      "import fs from 'node:fs';\nexport async function register(axium) { let got; try { got = fs.readdirSync('/etc').length; } catch (error) { got = error.code; } await axium.storage.put('got', String(got)); }";
    const spoke = open('', code);
    const none = await spoke.run();
    expect(Number(none.requests[0]?.fields.value)).toBeGreaterThan(1);
    const missing = missingFor(level);
    const run = await spoke.run({ level }).catch((error: Error) => error);
    if (run instanceof Error) {
      expect(run.message).toContain(`level ${level} cannot be had here: `);
      return expect(missing ?? run.message).toMatch(/not installed|it needs confinement/);
    }
    expect(run.level).toBe(level);
    expect(run.requests[0]?.fields.value).toMatch(/ENOENT|EACCES|ERR_ACCESS_DENIED/);
  });

  it('has no clock of a test, and says so', async () => {
    await expect(open('', TODO).run({ level: 'strong', clock: 0 })).rejects.toThrow(
      'clock: only a spoke for Node',
    );
  });
});

it.skipIf(missingProgram('python') !== null)('a spoke in Python is tested in the same way', async () => {
  const spoke = open('runtime: python\npermissions:\n  notify: true\n', '', {
    'main.py': 'def register(axium):\n    axium.notify("hi", "from python")\n',
  });
  (await spoke.run()).expect.toHaveNotified({ title: 'hi', body: 'from python' });
});

describe('faults', () => {
  it('are each declared permission, from the start and midway, and a spoke that fails gracefully passes all', async () => {
    const spoke = open(RIGHTS, TODO);
    const seen: unknown[] = [];
    for (const fault of await spoke.faults()) {
      const run = await spoke.run({ files: FILES, fault });
      run.expect.toBeReady();
      seen.push([fault.name, run.decisions.filter(({ allowed }) => !allowed).map(({ action }) => action)]);
    }
    expect(seen).toEqual([
      ['without notify, from the start', ['notify']],
      ['without notify, midway', []],
      ['without fs_read, from the start', ['fs_read']],
      ['without fs_read, midway', []],
      ['without fs_write, from the start', []],
      ['without fs_write, midway', []],
    ]);
  });

  it('of privileged actions are known too, and their use is; nothing is done as root', async () => {
    const code = `export async function register(axium) {
  try {
    const { needsAuth } = await axium.privileged('restart_service', { unit: 'nginx.service' });
    await axium.hud(\`[\${needsAuth}]\`);
  } catch (error) {
    await axium.hud(\`[\${error.code}]\`);
  }
}`;
    const spoke = open('permissions:\n  privileged: [restart_service]\n', code);
    const permissions = { privileged: [{ action: 'restart_service', ask: false }] };
    expect((await spoke.faults()).map(({ name }) => name)).toEqual([
      'without privileged, from the start',
      'without privileged, midway',
    ]);
    const denied = await spoke.run({ permissions, deny: ['privileged'] });
    denied.expect.toHaveBeenDenied('privileged', /^restart_service /);
    expect(denied.hud).toBe('[denied]');
    await expect(spoke.finish()).rejects.toThrow('spoke.yaml:5:16: privileged: restart_service');
    const run = await spoke.run({ permissions });
    expect([run.hud, run.requests[0]?.reply]).toEqual(['[true]', expect.objectContaining({ ok: true })]);
    await spoke.finish();
  });

  it('midway take the permission away before the answer to its first use is there', async () => {
    const code =
      "export async function register(axium) { for (const title of ['a', 'b']) await axium.notify({ title }); }";
    const spoke = open('permissions:\n  notify: true\n', code);
    const [, midway] = await spoke.faults();
    const run = await spoke.run({ ...(midway && { fault: midway }) });
    expect(run.ready).toBe(false);
    expect(run.decisions.map(({ allowed }) => allowed)).toEqual([true, false]);
  });
});

describe('what a manifest declares and no test has used', () => {
  it('fails the end of the tests, entry by entry', async () => {
    const spoke = open(RIGHTS, TODO);
    await spoke.run({ files: FILES });
    await expect(spoke.finish()).rejects.toThrow(
      'todo declares what no test has used; use it in one, or take it out:\n  spoke.yaml:7:14: fs_write: ~/out/*',
    );
  });

  it('is nothing where all of it was used, in whichever run', async () => {
    const spoke = open(
      'permissions:\n  notify: true\n  exec: [/bin/true]\n',
      "export async function register(axium) { await axium.exec('/bin/true', { mode: 'wait' }); await axium.notify({ title: 'x' }); }",
    );
    await spoke.run({ deny: ['notify'] });
    await spoke.run();
    await expect(spoke.finish()).resolves.toBeUndefined();
  });
});

it('the checks are matchers of a test framework as well', async () => {
  expect.extend(matchers);
  const run = await open(RIGHTS, TODO).run({ files: FILES });
  const expected = expect(run) as unknown as {
    toHaveNotified: (notice: object) => void;
    not: { toBeReady: () => void };
  };
  expected.toHaveNotified({ title: '2 things to do' });
  expect(() => expected.not.toBeReady()).toThrow('expected todo not to be ready');
});
