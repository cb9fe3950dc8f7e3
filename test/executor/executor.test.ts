import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  promises,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readLog } from '../../core/audit/read-log.ts';
import { verifyChain } from '../../core/audit/verify-chain.ts';
import { lookAtProcess } from '../../core/executor/process-check.ts';
import {
  admin,
  type ExecutorAnswer,
  type ExecutorWorld,
  isRoot,
  makeExecutorWorld,
  NOT_ROOT,
  operator,
  otherOperator,
  perform,
  USER,
} from './support/executor-world.ts';

const OFTEN = 'rate: {each: 500, all: 1000, per: 1h}';
const TABLE = `version: 1
actions:
  mark:
    description: Make a file
    parameters: {name: {type: name, max: 20, except: [lo]}}
    argv: [/usr/bin/mktemp, -p, '{directory}/effects', --suffix, '{name}', mark.XXXXXX]
    tier: operator
    ${OFTEN}
  tell:
    description: Say what was asked
    parameters: {word: {type: choice, of: [one, two]}, number: {type: integer, min: -2, max: 9}}
    argv: [/usr/bin/printf, '%s %s', '{word}', '{number}']
    tier: operator
    ${OFTEN}
  whoami:
    description: Say who runs this
    argv: [/usr/bin/id, -u]
    tier: operator
    ${OFTEN}
  environment:
    description: Say what it finds
    argv: [/usr/bin/env]
    environment: {ONLY: this}
    tier: operator
    ${OFTEN}
  admins_mark:
    description: For admins
    argv: [/usr/bin/mktemp, -p, '{directory}/effects', admins.XXXXXX]
    tier: admin
    ${OFTEN}
  dangerous_mark:
    description: For admins where root said so
    dangerous: true
    argv: [/usr/bin/mktemp, -p, '{directory}/effects', danger.XXXXXX]
    tier: admin
    ${OFTEN}
  rare:
    description: Seldom
    argv: [/usr/bin/mktemp, -p, '{directory}/effects', rare.XXXXXX]
    tier: operator
    rate: {each: 2, all: 3, per: 1h}
  elsewhere:
    description: Only on another kind of host
    requires: /run/nosuch/nixos-rebuild
    argv: [/usr/bin/id]
    tier: operator
    ${OFTEN}
  off:
    description: Not enabled
    enabled: false
    argv: [/usr/bin/id]
    tier: operator
    ${OFTEN}
  slow:
    description: Takes too long
    argv: [/usr/bin/sleep, '600']
    timeout: 300ms
    tier: operator
    ${OFTEN}
  much:
    description: Says too much
    argv: [/usr/bin/yes]
    output: 1000
    tier: operator
    ${OFTEN}
  unfit:
    description: A program that is not root's
    argv: ['{directory}/unfit']
    tier: operator
    ${OFTEN}
  end_process:
    description: End a process
    parameters: {process: {type: process, root: [/usr/bin/tail]}}
    argv: [/usr/bin/kill, -s, TERM, --, '{process}']
    signal: TERM
    tier: admin
    ${OFTEN}
  renice:
    description: Renice a process
    parameters: {niceness: {type: integer, min: 0, max: 19}, process: {type: process}}
    argv: [/usr/bin/renice, -n, '{niceness}', -p, '{process}']
    tier: operator
    ${OFTEN}
`;

describe.runIf(isRoot)('an executor', () => {
  let world: ExecutorWorld;
  beforeAll(async () => {
    world = makeExecutorWorld(TABLE);
    mkdirSync(`${world.directory}/effects`);
    await promises.copyFile('/usr/bin/id', `${world.directory}/unfit`);
    chownSync(`${world.directory}/unfit`, USER, USER);
    await world.start();
  });
  afterAll(() => world.remove());
  beforeEach(() => {
    rmSync(`${world.directory}/effects`, { recursive: true, force: true });
    mkdirSync(`${world.directory}/effects`);
  });
  const effects = () => promises.readdir(`${world.directory}/effects`);

  test('runs an action as root, from its words and its environment alone, and answers with its record', async () => {
    const [who, env, told] = await world.askAll(operator, [
      perform('whoami'),
      perform('environment'),
      perform('tell', { word: 'two', number: -2 }),
    ]);
    expect(who).toMatchObject({ v: 1, ok: true, end: 'exited', code: 0, stdout: '0\n', stderr: '' });
    expect(env?.stdout).toBe('ONLY=this\n');
    expect(told?.stdout).toBe('two -2');
    const record = world.records().find(({ seq }) => seq === who?.record?.seq);
    expect(record).toMatchObject({ type: 'privileged', effect: 'allow', uid: USER, action: 'whoami' });
    expect(record).toMatchObject({ argv: ['/usr/bin/id', '-u'], principal: 'spoke:test' });
  });

  test('records a request before and after it acts, in one chain', async () => {
    await world.ask(operator, perform('mark', { name: 'x' }, { request: 'in-order' }));
    const [before, after] = world.records().slice(-2);
    expect(before).toMatchObject({ type: 'privileged', request: 'in-order', effect: 'allow' });
    expect(after).toMatchObject({ type: 'result', of: before?.seq, end: 'exited', code: 0 });
    expect(await verifyChain(readLog(promises, world.log))).toMatchObject({ ok: true });
  });

  test('offers each peer what it may ask for, and nothing that this host or its table does not have', async () => {
    const names = async (who: typeof operator) => namesIn(await world.ask(who, { v: 1, cmd: 'actions' }));
    expect(await names(operator)).toEqual(
      'mark tell whoami environment rare slow much unfit renice'.split(' '),
    );
    expect(await names(admin)).toContain('end_process');
    const answers = await world.askAll(operator, [perform('elsewhere'), perform('off'), perform('nosuch')]);
    expect(answers.map((answer) => answer?.code)).toEqual(['not_found', 'not_found', 'not_found']);
  });

  test('cannot be reached by a uid outside of its group', async () => {
    expect(await world.ask({ uid: USER, groups: [] }, perform('mark', { name: 'x' }))).toEqual({
      connect: 'EACCES',
    });
  });

  test('refuses a uid outside of its groups even where the socket lets it in', async () => {
    chmodSync(world.socket, 0o666);
    try {
      const answer = await world.ask({ uid: USER, groups: [] }, perform('mark', { name: 'x' }));
      expect(answer).toMatchObject({ ok: false, code: 'denied' });
      expect(await effects()).toEqual([]);
    } finally {
      chmodSync(world.socket, 0o660);
    }
  });

  test('refuses what needs a higher tier, and what is dangerous where root did not switch that on', async () => {
    const asked = [perform('admins_mark'), perform('dangerous_mark')];
    expect((await world.askAll(operator, asked)).map((answer) => answer?.code)).toEqual(['denied', 'denied']);
    expect(await world.ask(admin, perform('dangerous_mark'))).toMatchObject({ code: 'denied' });
    expect(await effects()).toEqual([]);
    expect(await world.ask(admin, perform('admins_mark'))).toMatchObject({ ok: true, code: 0 });
  });

  test('refuses hostile parameters, whatever its client has let pass, and tells why in a sentence', async () => {
    const hostile = [
      '../x',
      '--help',
      'a\n',
      'a\u0000b',
      'a/b',
      '\uff45th0',
      'a\u202eb',
      '',
      'lo',
      7,
      null,
      ['a'],
    ];
    const answers = await world.askAll(
      operator,
      hostile.map((name) => perform('mark', { name })),
    );
    expect(answers.map((answer) => answer?.code)).toEqual(hostile.map(() => 'invalid'));
    expect(answers[0]?.error).toBe(
      'params.name: expected a name of at most 20 letters, digits and _ . @ : -, and none of lo',
    );
    expect(await effects()).toEqual([]);
  });

  test('reads one bounded line and nothing more: ten megabytes, no JSON, no UTF-8 and another version get a refusal', async () => {
    const answers = await world.askAll(operator, [
      'nothing of the kind',
      '[]',
      'null',
      '{"v":1,"cmd":"perform","request":"a","principal":"spoke:x","action":"mark","params":{"__proto__":"x"}}',
      { v: 2, cmd: 'perform' },
      { v: 1, cmd: 'shell' },
      perform('mark', { name: 'x' }, { argv: ['/bin/sh'] }),
      perform('mark', { name: 'x' }, { request: '../../x' }),
      perform('mark', { name: 'x' }, { principal: 'spoke:a\nb' }),
    ]);
    expect(answers.map((answer) => answer?.code)).toEqual(
      'invalid invalid invalid invalid version invalid invalid invalid invalid'.split(' '),
    );
    expect(JSON.parse(await sendBytes(world.socket, Buffer.from([0xff, 0xfe, 0x0a])))).toMatchObject({
      code: 'invalid',
    });
    // The rest of it breaks the connection, and with it the answer.
    expect(await sendBytes(world.socket, Buffer.alloc(10_485_760, 'a'))).toMatch(/^$|"invalid"/);
    expect(await world.ask(operator, perform('whoami'))).toMatchObject({ ok: true });
    expect(await effects()).toEqual([]);
  });

  test('runs nothing else than what was approved, where the asker says what that was', async () => {
    const asked = (expect: string[]) => perform('tell', { word: 'one', number: 1 }, { expect });
    const [same, other] = await world.askAll(operator, [
      asked(['/usr/bin/printf', '%s %s', 'one', '1']),
      asked(['/usr/bin/printf', '%s', 'one', '1']),
    ]);
    expect([same?.ok, other?.code]).toEqual([true, 'denied']);
  });

  test('carries out a request once: the same id again does nothing, after a restart too', async () => {
    const asked = perform('mark', { name: 'x' });
    expect((await world.askAll(operator, [asked, asked])).map((answer) => answer?.code)).toEqual([
      0,
      'exists',
    ]);
    await world.kill();
    await world.start();
    expect(await world.ask(operator, asked)).toMatchObject({ code: 'exists' });
    expect((await effects()).length).toBe(1);
    expect(await verifyChain(readLog(promises, world.log))).toMatchObject({ ok: true });
  });

  test('takes an id that somebody else has used or makes up for what it is: a word of the one who says it', async () => {
    const asked = perform('mark', { name: 'x' });
    expect(await world.ask(otherOperator, asked)).toMatchObject({ ok: true });
    expect(await world.ask(operator, asked)).toMatchObject({ ok: true });
    const uids = world.records().filter(({ type }) => type === 'privileged');
    expect(uids.slice(-2).map(({ uid }) => uid)).toEqual([otherOperator.uid, operator.uid]);
  });

  test('ends what takes too long or says too much', async () => {
    const [slow, much] = await world.askAll(operator, [perform('slow'), perform('much')]);
    expect(slow).toMatchObject({ ok: true, end: 'timed-out', signal: 'SIGKILL' });
    expect(much).toMatchObject({ ok: true, end: 'too-much-output', signal: 'SIGKILL' });
    expect(String(much?.stdout).length).toBe(1000);
  });

  test('runs no program that another than root could change', async () => {
    expect(await world.ask(operator, perform('unfit'))).toMatchObject({ ok: false, code: 'unavailable' });
  });

  test('counts what is asked of an action: one who floods is refused, and others are served', async () => {
    const floods = Array.from({ length: 6 }, () => perform('rare'));
    const flooded = await world.askAll(operator, floods);
    expect(flooded.map((answer) => answer?.code)).toEqual([0, 0, 'busy', 'busy', 'busy', 'busy']);
    expect(await world.ask(otherOperator, perform('rare'))).toMatchObject({ code: 0 });
    expect((await effects()).length).toBe(3);
    expect(await world.ask(otherOperator, perform('rare'))).toMatchObject({ code: 'busy' });
  });

  test('reads no more than sixty requests a minute of one uid, records that once, and serves others', async () => {
    const flooder = { uid: 54_777, groups: operator.groups };
    const asked = Array.from({ length: 70 }, () => ({ v: 1, cmd: 'actions' }));
    const answers = await world.askAll(flooder, asked);
    expect(answers.filter((answer) => answer?.ok === true)).toHaveLength(60);
    expect(await world.ask(otherOperator, perform('whoami'))).toMatchObject({ ok: true });
    const told = world.records().filter(({ event }) => event === 'too_many_requests');
    expect(told.map(({ detail }) => detail)).toEqual([{ uid: flooder.uid }]);
  });

  describe('a process', () => {
    const sleeper = async (uid: number, program = '/usr/bin/sleep', ...words: string[]) => {
      const child = spawn(program, words.length > 0 ? words : ['600'], { uid, gid: uid, stdio: 'ignore' });
      await once(child, 'spawn');
      const pid = child.pid ?? 0;
      return { child, value: { pid, start: lookAtProcess({ readFileSync }, pid)?.start ?? 0 } };
    };

    test('is ended where it is just the one that was meant', async () => {
      const { child, value } = await sleeper(USER);
      const other = { ...value, start: value.start + 1 };
      const gone = once(child, 'exit');
      expect(await world.ask(admin, perform('end_process', { process: other }))).toMatchObject({
        code: 'denied',
      });
      expect(child.signalCode).toBe(null);
      expect(await world.ask(admin, perform('end_process', { process: value }))).toMatchObject({
        ok: true,
        end: 'sent',
      });
      expect(await gone).toEqual([null, 'SIGTERM']);
    });

    test("is never the first one, the executor, or root's unless its program is listed", async () => {
      const root = await sleeper(0);
      const listed = await sleeper(0, '/usr/bin/tail', '-f', '/dev/null');
      const executor = world.child().pid ?? 0;
      const own = { pid: executor, start: lookAtProcess({ readFileSync }, executor)?.start };
      const first = { pid: 1, start: lookAtProcess({ readFileSync }, 1)?.start };
      const gone = once(listed.child, 'exit');
      try {
        const answers = await world.askAll(
          admin,
          [first, own, root.value].map((process) => perform('end_process', { process })),
        );
        expect(answers.map((answer) => answer?.code)).toEqual(['invalid', 'denied', 'denied']);
        expect(await world.ask(admin, perform('end_process', { process: listed.value }))).toMatchObject({
          end: 'sent',
        });
        expect(await gone).toEqual([null, 'SIGTERM']);
      } finally {
        root.child.kill('SIGKILL');
        listed.child.kill('SIGKILL');
      }
    });

    test('is reniced', async () => {
      const { child, value } = await sleeper(USER);
      try {
        const asked = perform('renice', { process: value, niceness: 7 });
        expect(await world.ask(operator, asked)).toMatchObject({ ok: true, code: 0 });
        const stat = readFileSync(`/proc/${value.pid}/stat`, 'utf8');
        expect(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]).toBe('7');
      } finally {
        child.kill('SIGKILL');
      }
    });
  });

  test("does nothing once its table is not root's alone, and goes on when it is again", async () => {
    const asked = () => world.ask(operator, perform('mark', { name: 'x' }));
    chownSync(world.table, USER, 0);
    expect(await asked()).toMatchObject({ ok: false, code: 'unavailable' });
    chownSync(world.table, 0, 0);
    chmodSync(world.table, 0o664);
    expect(await asked()).toMatchObject({ ok: false, code: 'unavailable' });
    chmodSync(world.table, 0o644);
    chownSync(world.directory, USER, USER);
    expect(await asked()).toMatchObject({ ok: false, code: 'unavailable' });
    expect(existsSync(`${world.directory}/effects`) && (await effects())).toEqual([]);
    chownSync(world.directory, 0, 0);
    expect(await asked()).toMatchObject({ ok: true });
  });

  test('does nothing where its record cannot be written', async () => {
    rmSync(`${world.directory}/state`, { recursive: true });
    expect(await world.ask(operator, perform('mark', { name: 'x' }))).toMatchObject({ ok: false });
    expect(await effects()).toEqual([]);
    mkdirSync(`${world.directory}/state`, { mode: 0o700 });
  });
});

describe.runIf(isRoot)('an executor is not started', () => {
  test.each<[string, (world: ExecutorWorld) => void]>([
    ['on a table that a user owns', ({ table }) => chownSync(table, USER, USER)],
    ['on a table that others can write', ({ table }) => chmodSync(table, 0o646)],
    ['on a table that lies with a user', ({ directory }) => chownSync(directory, USER, USER)],
    ['without a table', ({ table }) => rmSync(table)],
    [
      'on a record of its own with a damaged line',
      ({ directory, log }) => {
        mkdirSync(`${directory}/state`, { mode: 0o700 });
        const last = JSON.stringify({ v: 1, seq: 2, prev: '0'.repeat(64), type: 'event', event: 'x' });
        writeFileSync(log, `damaged\n${last}\n`, { mode: 0o600 });
      },
    ],
  ])('%s', async (_what, spoil) => {
    const world = makeExecutorWorld(TABLE);
    try {
      spoil(world);
      await expect(world.start()).rejects.toThrow(/did not start: axium: .*\n$/);
    } finally {
      await world.remove();
    }
  });
});

test.skipIf(isRoot)('an executor runs as root', ({ skip }) => skip(NOT_ROOT));

function namesIn(answer: ExecutorAnswer | null): readonly string[] {
  return ((answer?.actions ?? []) as { name: string }[]).map(({ name }) => name);
}

function sendBytes(path: string, bytes: Buffer): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(path);
    let text = '';
    socket.setEncoding('utf8').on('data', (piece) => {
      text += piece;
    });
    // What is not read any more breaks the pipe; the answer was sent before.
    socket.on('error', () => {});
    socket.on('close', () => resolve(text));
    socket.write(bytes);
  });
}
