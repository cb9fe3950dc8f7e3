import { createServer, type Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseTable } from '../../core/executor/table.ts';
import { climbLadder, type Errand, type LadderSettings } from '../../core/privileged/ladder.ts';
import type { ActionSpec } from '../../schemas/action-table.ts';
import { createPowers, type TestPowers } from '../support/powers.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';

const { actions } = parseTable(
  'actions.yaml',
  `version: 1
actions:
  one: {description: x, argv: [/usr/bin/true, 'it is'], tier: operator, rate: {each: 1, all: 1, per: 1h}}
  risky: {description: x, argv: [/usr/bin/true], dangerous: true, tier: admin, rate: {each: 1, all: 1, per: 1h}}
  off: {description: x, argv: [/usr/bin/true], enabled: false, tier: operator, rate: {each: 1, all: 1, per: 1h}}
  consented: {description: x, argv: [/usr/bin/true], polkit: true, tier: operator, rate: {each: 1, all: 1, per: 1h}}
  nicer: {description: x, argv: [/usr/bin/true, '{one}'], parameters: {one: {type: process}}, tier: operator, rate: {each: 1, all: 1, per: 1h}}
  ended: {description: x, argv: [/usr/bin/true, '{one}'], parameters: {one: {type: process}}, signal: TERM, tier: operator, rate: {each: 1, all: 1, per: 1h}}
`,
);
const spec = actions.one as ActionSpec;
const errand: Errand = {
  spec,
  argv: spec.argv,
  action: 'one',
  params: {},
  request: 'r-1',
  principal: 'spoke:creds',
};
const DONE = {
  v: 1,
  ok: true,
  end: 'exited',
  code: 0,
  signal: null,
  stdout: 'done',
  stderr: '',
  record: { seq: 7, hash: 'h' },
};
const SUGGESTION = {
  success: false,
  needs_auth: true,
  suggestion: "Run manually: sudo /usr/bin/true 'it is'",
};

let powers: TestPowers;
let spawned: string[];
let settings: LadderSettings;
let server: Server | null;
let asked: string[];

beforeEach(() => {
  spawned = [];
  asked = [];
  server = null;
  const real = createPowers();
  powers = createPowers({
    spawn: (program, words, options) => {
      spawned.push([program, ...words].join(' '));
      return real.spawn('/usr/bin/false', [], options);
    },
  });
  const directory = makeTemporaryDirectory();
  // What stands for sudo is root's, as sudo is; the test looks at how it is called.
  settings = {
    socket: `${directory}/executor.sock`,
    fallback: 'sudo',
    sudo: '/usr/bin/env',
    dangerous: false,
  };
});
afterEach(() => server?.close());

/** An executor that answers so; null: it ends the connection. */
function listen(answer: unknown): Promise<void> {
  server = createServer((socket) => {
    socket.on('data', (bytes) => {
      asked.push(String(bytes));
      if (answer === undefined) return;
      socket.end(answer === null ? '' : typeof answer === 'string' ? answer : `${JSON.stringify(answer)}\n`);
    });
  });
  return new Promise((resolve) => server?.listen(settings.socket, resolve));
}

const climb = (more: Partial<Errand> = {}) => climbLadder(powers, settings, { ...errand, ...more });
const refusal = (code: string) => ({ v: 1, ok: false, code, error: 'no' });

test('the executor is told the words that were approved, the request and for whom it is', async () => {
  await listen(DONE);
  expect(await climb()).toEqual({
    success: true,
    via: 'executor',
    end: 'exited',
    code: 0,
    signal: null,
    stdout: 'done',
    stderr: '',
    record: { seq: 7, hash: 'h' },
  });
  expect(JSON.parse(asked[0] ?? '')).toEqual({
    v: 1,
    cmd: 'perform',
    request: 'r-1',
    principal: 'spoke:creds',
    action: 'one',
    params: {},
    expect: ['/usr/bin/true', 'it is'],
  });
  expect(spawned).toEqual([]);
});

describe('no other way is tried', () => {
  test.each([
    ['denied', 'denied'],
    ['invalid', 'invalid'],
    ['not_found', 'not_found'],
    ['exists', 'exists'],
    ['busy', 'busy'],
    ['version', 'unavailable'],
    ['unavailable', 'unavailable'],
    ['internal', 'failed'],
  ])('after the executor said %s', async (said, code) => {
    await listen(refusal(said));
    await expect(climb()).rejects.toMatchObject({ code, message: 'the executor refused: no' });
    expect(spawned).toEqual([]);
  });

  test.each([
    ['ended the connection without an answer', null],
    ['answered in another version', { ...DONE, v: 2 }],
    ['answered with something else', 'what?\n'],
    ['answered with bytes that are no text', '\ud800'],
  ])('after the executor %s', async (_what, answer) => {
    await listen(answer);
    await expect(climb()).rejects.toMatchObject({ code: 'unavailable' });
    expect(spawned).toEqual([]);
  });

  test('after the executor has hung for longer than the action may take', async () => {
    await listen(undefined);
    const climbed = expect(climb()).rejects.toMatchObject({ code: 'unavailable' });
    while (asked.length === 0) await new Promise((resolve) => setImmediate(resolve));
    powers.clock.advance(spec.timeout + 149_999);
    expect(spawned).toEqual([]);
    powers.clock.advance(1);
    await climbed;
    expect(spawned).toEqual([]);
  });
});

describe('where there is no executor', () => {
  test('a person is told what to run, and nothing is tried that the user did not ask for', async () => {
    settings = { ...settings, fallback: 'none' };
    expect(await climb()).toEqual(SUGGESTION);
    expect(spawned).toEqual([]);
  });

  test('sudo is asked for the very words, never for a password, and a person is told where it says no', async () => {
    expect(await climb()).toEqual(SUGGESTION);
    expect(spawned).toEqual(['/usr/bin/env -n -l -- /usr/bin/true it is']);
  });

  test('and no sudo, a person is told', async () => {
    settings = { ...settings, sudo: '/usr/bin/nosuch-sudo' };
    expect(await climb()).toEqual(SUGGESTION);
    expect(spawned).toEqual([]);
  });

  test.each([
    ['the table has switched off', 'off'],
    ['polkit has to consent to', 'consented'],
    ['is done to a process that only the executor holds', 'nicer'],
    ['the executor sends itself', 'ended'],
  ])('what %s never goes by sudo, and a person is told', async (_what, action) => {
    const own = { spec: actions[action] as ActionSpec, argv: ['/usr/bin/true', '77'], action };
    expect(await climb(own)).toEqual({ ...SUGGESTION, suggestion: 'Run manually: sudo /usr/bin/true 77' });
    expect(spawned).toEqual([]);
  });

  test('what is dangerous goes by sudo only from a daemon that was started for it', async () => {
    const risky = { spec: actions.risky as ActionSpec, argv: ['/usr/bin/true'], action: 'risky' };
    await expect(climb(risky)).rejects.toMatchObject({ code: 'denied' });
    expect(spawned).toEqual([]);
    settings = { ...settings, dangerous: true };
    expect(await climb(risky)).toMatchObject({ needs_auth: true });
    expect(spawned).toHaveLength(1);
  });
});
