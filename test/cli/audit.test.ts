import { appendFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, test } from 'vitest';
import type { DecisionEntry } from '../../schemas/audit.ts';
import { buildDecision, buildOutcome } from '../support/audit-entries.ts';
import { openAudit } from '../support/audit-log.ts';
import { axium, makeWorld, type World } from './support/cli.ts';
import { follow } from './support/follow.ts';

const NOBODY = { spoke: 'creds', detail: null };

let world: World;
let state: string;

beforeEach(async () => {
  world = await makeWorld();
  state = `${world.axium}/state`;
});

const denied = (changed: Partial<DecisionEntry>) =>
  buildDecision({ effect: 'deny', reason: 'no rule allows it', rule: null, ...changed });

/** Three pieces: what creds and nosy asked, and what happened to them. */
async function writeLog(): Promise<void> {
  const { audit } = openAudit(state);
  const path = `${world.home}/notes/a.txt`;
  await audit.event({ type: 'event', event: 'spoke_ready', spoke: 'creds', detail: { level: 'strong' } });
  await audit.decision(buildDecision({ request: '1' }), NOBODY);
  audit.rotate();
  await audit.decision(
    buildDecision({
      request: '2',
      action: 'exec',
      target: '["/usr/bin/aws","sso","log in"]',
      reason: 'allowed by exec: true',
      rule: { pattern: 'true', effect: 'allow', source: 'base', origin: `${world.home}/x/spoke.yaml:5:9` },
    }),
    NOBODY,
  );
  audit.rotate();
  await audit.outcome(buildOutcome({ request: '1' }));
  await audit.outcome(buildOutcome({ request: '2', ok: false, code: 'timeout' }));
  const nosy = { principal: 'spoke:nosy', action: 'fs_read' as const };
  await audit.decision(denied({ ...nosy, request: '3', resource: '~/notes/a.txt', target: path }), NOBODY);
  await audit.decision(denied({ ...nosy, request: '4', resource: '/etc/\x1b[31m\nx', target: null }), NOBODY);
  audit.close();
}

const AT = '[2030-01-01 00:00:00]';
const LINES = {
  ready: `${AT} creds spoke_ready {"level":"strong"}\n`,
  notify: `${AT} creds allowed notify: allowed by notify: true (spoke.yaml:5:11)\n`,
  exec: `${AT} creds allowed exec /usr/bin/aws sso 'log in': allowed by exec: true (~/x/spoke.yaml:5:9)\n`,
  failed: `${AT} creds failed  exec /usr/bin/aws sso 'log in': timeout\n`,
  note: `${AT} nosy denied  fs_read ~/notes/a.txt: no rule allows it\n`,
  hidden: `${AT} nosy denied  fs_read /etc/\\u001b[31m\\nx: no rule allows it\n`,
};
const ALL = Object.values(LINES);

describe('audit query', () => {
  test.each<[string, readonly string[], readonly string[]]>([
    ['everything, of all pieces, in order', [], ALL],
    ['one spoke', ['--spoke', 'nosy'], [LINES.note, LINES.hidden]],
    ['one action', ['--action', 'notify'], [LINES.notify]],
    ['one effect, with what came of it', ['--effect', 'allow'], [LINES.notify, LINES.exec, LINES.failed]],
    ['a directory', ['--path', '~/notes'], [LINES.note]],
    ['a path as it was asked for', ['--path', '/etc'], [LINES.hidden]],
    ['a path that only begins alike: nothing', ['--path', '~/not'], []],
    ['until before it: nothing', ['--until', '2029-12-31'], []],
    ['since then', ['--since', '2030-01-01 00:00'], ALL],
    ['since after it: nothing', ['--since', '2030-01-01T00:00:01Z'], []],
    ['two things at once', ['--spoke', 'creds', '--action', 'exec'], [LINES.exec, LINES.failed]],
  ])('prints %s', async (_, options, lines) => {
    await writeLog();
    expect(await axium(world, 'audit', 'query', ...options)).toEqual({
      code: 0,
      stderr: '',
      stdout: lines.join(''),
    });
  });

  test('--json prints the records as they are, safe for a terminal', async () => {
    await writeLog();
    const { stdout } = await axium(world, 'audit', 'query', '--json', '--spoke', 'nosy');
    const records = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(records.map(({ request }) => request)).toEqual(['3', '4']);
    expect(stdout).not.toContain('\x1b');
  });

  test.each([
    ['--since', 'yesterday', "--since: expected a length of time like 2h, or a date like '2026-01-31'"],
    ['--path', 'notes', '--path: expected an absolute path or one that begins with ~/'],
    ['--effect', 'maybe', "option '--effect <effect>' argument 'maybe' is invalid"],
  ])('refuses %s %s', async (option, value, message) => {
    const { code, stderr } = await axium(world, 'audit', 'query', option, value);
    expect([code, stderr]).toEqual([64, expect.stringContaining(message)]);
  });

  test('without a log there is nothing', async () => {
    expect(await axium(world, 'audit', 'query')).toEqual({ code: 0, stdout: '', stderr: '' });
  });
});

describe('audit tail', () => {
  test.each([
    [0, []],
    [1, ALL.slice(-1)],
    [2, ALL.slice(-2)],
    [50, ALL],
  ])('-n %i prints that many of the last, across pieces', async (count, lines) => {
    await writeLog();
    expect(await axium(world, 'audit', 'tail', '-n', String(count))).toEqual({
      code: 0,
      stderr: '',
      stdout: lines.join(''),
    });
  });

  test.each<readonly string[]>([[], ['--json'], ['--effect', 'allow'], ['--effect', 'allow', '--json']])(
    'of a long log it prints what query prints last, with %j as well',
    async (...options) => {
      const { audit } = openAudit(state);
      await audit.decision(buildDecision({ request: 'long' }), NOBODY);
      await audit.decision(denied({ request: 'dull' }), NOBODY);
      for (let at = 0; at < 90; at += 1) {
        if (at === 60) audit.rotate();
        await audit.decision(buildDecision({ request: `${at}` }), NOBODY);
        await audit.outcome(buildOutcome({ request: `${at}`, ok: at % 9 !== 0, code: 'failed' }));
      }
      await audit.outcome(buildOutcome({ request: 'long', ok: false, code: 'timeout' }));
      await audit.decision(denied({ request: 'last' }), NOBODY);
      audit.close();
      const { stdout } = await axium(world, 'audit', 'query', ...options);
      const all = stdout.split('\n').slice(0, -1);
      expect(all.length).toBeGreaterThan(90);
      for (const count of [1, 2, 3, 8, 95, 500]) {
        const tail = await axium(world, 'audit', 'tail', '-n', `${count}`, ...options);
        expect(tail.stdout.split('\n').slice(0, -1)).toEqual(all.slice(-count));
      }
    },
  );

  test('--follow goes on through a finished piece, and keeps to what was asked for', async () => {
    const { audit } = openAudit(state);
    await audit.decision(denied({ request: '1' }), NOBODY);
    const { until, seen } = follow(world, 'audit', 'tail', '-f', '--effect', 'deny');
    const lines = (count: number) => (text: string) => text.split('\n').length - 1 === count;
    await until(lines(1));
    await audit.decision(denied({ request: '2' }), NOBODY);
    await audit.decision(buildDecision({ request: '3' }), NOBODY);
    audit.rotate();
    await audit.decision(denied({ request: '4' }), NOBODY);
    await until(lines(3));
    expect(seen()).toBe(`${AT} creds denied  notify: no rule allows it\n`.repeat(3));
    audit.close();
  });
});

describe('audit verify', () => {
  const head = async () => {
    const { audit } = openAudit(state);
    const { seq, hash } = audit.head;
    audit.close();
    return `${seq} ${hash}`;
  };

  test('counts what it verified, across pieces', async () => {
    await writeLog();
    expect(await axium(world, 'audit', 'verify')).toEqual({
      code: 0,
      stderr: '',
      stdout: `7 records verified, up to ${await head()}\n`,
    });
    expect(await axium(world, 'audit', 'verify', '--head', await head())).toMatchObject({ code: 0 });
  });

  test('a record that was changed is told with its file and line, and the exit code is 1', async () => {
    await writeLog();
    const piece = `${state}/audit.jsonl.000000000002`;
    writeFileSync(piece, readFileSync(piece, 'utf8').replace('"allow"', '"deny"'));
    expect(await axium(world, 'audit', 'verify')).toEqual({
      code: 1,
      stdout: '',
      stderr: `axium: ${state}/audit.jsonl.000000000003:1: what was recorded before it was changed or removed\n`,
    });
  });

  test('an end that was cut off is told by the head that was kept', async () => {
    await writeLog();
    const kept = await head();
    const log = `${state}/audit.jsonl`;
    writeFileSync(log, readFileSync(log, 'utf8').split('\n').slice(0, 2).join('\n').concat('\n'));
    expect(await axium(world, 'audit', 'verify')).toMatchObject({ code: 0 });
    const { code, stderr } = await axium(world, 'audit', 'verify', '--head', kept);
    expect([code, stderr]).toEqual([
      1,
      `axium: ${log}:2: the log ends with record 5, before record 7 of the head that was kept\n`,
    ]);
  });

  test('a piece that is missing is told', async () => {
    await writeLog();
    rmSync(`${state}/audit.jsonl.000000000003`);
    expect(await axium(world, 'audit', 'verify')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('audit.jsonl:1: what was recorded before it was changed or removed'),
    });
  });

  test('what the chain tells of a crash is told', async () => {
    await writeLog();
    appendFileSync(`${state}/audit.jsonl`, '{"half');
    await head();
    expect((await axium(world, 'audit', 'verify')).stdout).toContain(
      '\n  record 8: a crash had cut off the record before it\n',
    );
  });

  test('a head that is none is refused', async () => {
    expect(await axium(world, 'audit', 'verify', '--head', '7')).toMatchObject({
      code: 64,
      stderr: expect.stringContaining("expected what 'axium audit head' printed"),
    });
  });

  test('changes nothing', async () => {
    await writeLog();
    const before = readdirSync(state).map((name) => [name, readFileSync(`${state}/${name}`, 'utf8')]);
    await axium(world, 'audit', 'verify');
    expect(readdirSync(state).map((name) => [name, readFileSync(`${state}/${name}`, 'utf8')])).toEqual(
      before,
    );
  });
});
