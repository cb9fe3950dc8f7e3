import { writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import type { Grant, SpokeQuestion } from '../../core/broker.ts';
import { BUILT_IN, type Rule } from '../../schemas/decision.ts';
import { openBelow } from '../portals/support/open-handles.ts';
import { compileRights, manifestText } from '../support/rights.ts';
import { EVERYTHING, makeWorld, SUBJECT } from './support/broker-world.ts';
import { countPortals } from './support/counting-portals.ts';

const RULE: Rule = { action: 'fs_read', pattern: 'once', effect: 'allow', source: 'grant', origin: BUILT_IN };
const YES: Grant = { rule: RULE, covers: () => true };
const asking = (home: string) => `creds: {ask: {fs_read: ['${home}/granted/**']}}`;

/** A world in which reading needs a person, and what the person does. */
async function worldWith(person: (question: SpokeQuestion) => Promise<Grant | null>) {
  const questions: SpokeQuestion[] = [];
  const { counts, changed } = countPortals();
  const askPerson = (question: SpokeQuestion) => {
    questions.push(question);
    return person(question);
  };
  const world = await makeWorld({
    overrides: asking,
    changed: (input) => ({ ...changed(input), askPerson }),
  });
  return { ...world, counts, questions, path: `${world.home}/granted/file` };
}

const PENDING = { type: 'decision', request: 'r1', effect: 'ask', via_override: true };

describe('a request that needs a person', () => {
  test('is done after a yes that covers it: one pending record, one decision, one outcome', async () => {
    const { ask, audit, path, counts } = await worldWith(async () => YES);
    expect(await ask({ cmd: 'fs_read', path })).toMatchObject({ ok: true, data: 'content' });
    expect(audit.entries).toMatchObject([
      PENDING,
      { type: 'decision', request: 'r1', effect: 'allow', rule: { source: 'grant' }, via_override: false },
      { type: 'outcome', request: 'r1', ok: true },
    ]);
    expect(counts).toEqual({ prepared: 2, performed: 1, released: 2 });
  });

  test.each<[string, Grant | null]>([
    ['nobody says yes', null],
    ['the yes covers something else', { ...YES, covers: () => false }],
  ])('is denied where %s', async (_what, grant) => {
    const { ask, audit, path, counts } = await worldWith(async () => grant);
    expect(await ask({ cmd: 'fs_read', path })).toMatchObject({ ok: false, code: 'denied' });
    expect(audit.entries).toMatchObject([
      PENDING,
      { type: 'decision', effect: 'deny', reason: 'a person would have to say yes, and nobody did' },
    ]);
    expect(counts).toEqual({ prepared: 2, performed: 0, released: 2 });
  });

  test('is denied where asking fails', async () => {
    const { ask, audit, path, counts } = await worldWith(() => Promise.reject(new Error('no terminal')));
    expect(await ask({ cmd: 'fs_read', path })).toMatchObject({ ok: false, code: 'internal' });
    expect(audit.entries).toMatchObject([PENDING, { type: 'decision', effect: 'deny' }]);
    expect(counts).toEqual({ prepared: 1, performed: 0, released: 1 });
  });

  test('is shown as what it really is, and by whom', async () => {
    const { ask, questions, path, home } = await worldWith(async () => null);
    await ask({ cmd: 'fs_read', path: '~/granted/./file' });
    expect(questions).toMatchObject([
      {
        subject: SUBJECT,
        request: 'r1',
        decision: { effect: 'ask', rule: { pattern: `${home}/granted/**` } },
        target: { kind: 'path', asked: path, real: path, found: 'file' },
      },
    ]);
  });

  test('holds nothing open while a person thinks', async () => {
    let open: readonly string[] = ['not looked at'];
    const { ask, path, counts, home } = await worldWith(async () => {
      open = openBelow(`${home}/granted`);
      expect(counts).toEqual({ prepared: 1, performed: 0, released: 1 });
      return null;
    });
    await ask({ cmd: 'fs_read', path });
    expect(open).toEqual([]);
  });

  test('is not asked about where the pending record cannot be written', async () => {
    const { ask, audit, path, questions } = await worldWith(async () => YES);
    audit.fail('decision');
    expect(await ask({ cmd: 'fs_read', path })).toMatchObject({ code: 'unavailable' });
    expect(questions).toEqual([]);
  });

  test('is decided on what is there after the yes, and the yes has to cover that', async () => {
    const seen: unknown[] = [];
    const { ask, path } = await worldWith(async () => {
      await writeFile(path, 'changed meanwhile');
      return { rule: RULE, covers: (target) => seen.push(target) > 0 };
    });
    expect(await ask({ cmd: 'fs_read', path })).toMatchObject({ ok: true, data: 'changed meanwhile' });
    expect(seen).toMatchObject([{ real: path }]);
  });
});

test('a rule that denies meanwhile denies in spite of a yes', async () => {
  const path = '/etc/hostname';
  const policyOf = (overrides: string) =>
    compileRights({ manifest: manifestText(`fs_read: [${path}]`), overrides }).policy;
  let rights = { policies: [policyOf(`creds: {ask: {fs_read: [${path}]}}`)], hash: 'asking' };
  const { ask, audit } = await makeWorld({
    changed: () => ({
      policies: () => rights,
      anchors: async () => new Map(),
      askPerson: async () => {
        rights = { policies: [policyOf(`creds: {deny: {fs_read: [${path}]}}`)], hash: 'denying' };
        return YES;
      },
    }),
  });
  expect(await ask({ cmd: 'fs_read', path })).toMatchObject({ code: 'denied' });
  expect(audit.entries).toMatchObject([
    { effect: 'ask', policy: 'asking' },
    { effect: 'deny', policy: 'denying', rule: { effect: 'deny', pattern: path } },
  ]);
});

test('a command is asked about as the words that would run', async () => {
  const questions: SpokeQuestion[] = [];
  const { ask, jobs } = await makeWorld({
    permissions: (home) => EVERYTHING(home).replace('exec: true', 'exec: ask'),
    changed: () => ({
      askPerson: async (question) => {
        questions.push(question);
        return null;
      },
    }),
  });
  expect(await ask({ cmd: 'daemon_exec', command: 'printf "a b"' })).toMatchObject({ code: 'denied' });
  expect(questions[0]?.target).toMatchObject({ kind: 'command', argv: ['/usr/bin/printf', 'a b'] });
  expect(jobs.list()).toEqual([]);
});
