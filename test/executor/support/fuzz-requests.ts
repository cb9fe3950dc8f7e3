import { EventEmitter } from 'node:events';
import * as fs from 'node:fs';
import fc from 'fast-check';
import { LineSplitter } from '../../../core/channel/framing.ts';
import type { ExecutorPowers } from '../../../core/executor/powers.ts';
import { Rates } from '../../../core/executor/rates.ts';
import { Seen } from '../../../core/executor/seen.ts';
import { answer, type ServeInput } from '../../../core/executor/serve-executor.ts';
import { parseTable } from '../../../core/executor/table.ts';
import { EXECUTOR, EXECUTOR_CODES } from '../../../schemas/executor.ts';

const TABLE = parseTable(
  'actions.yaml',
  `version: 1
actions:
  mark:
    description: x
    parameters: {name: {type: name, max: 20}, word: {type: choice, of: [one, two]}, number: {type: integer, min: 0, max: 9}}
    argv: [/usr/bin/id, '{name}', '{word}', '{number}']
    tier: operator
    rate: {each: 1000, all: 10000, per: 1ms}
`,
);

const HOSTILE = [
  '',
  '../x',
  '-p',
  'a\n',
  'a\u0000',
  '\u202e',
  '\ud800',
  '__proto__',
  'constructor',
  'a',
  'one',
];
const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...HOSTILE));
const value = fc.oneof(
  text,
  fc.integer(),
  fc.double(),
  fc.constant(null),
  fc.boolean(),
  fc.array(text),
  fc.object(),
);
/** Mostly what would be right, so that every check is reached. */
const mostly = (right: fc.Arbitrary<unknown>) => fc.oneof({ weight: 9, arbitrary: right }, value);
const params = fc.record({
  name: mostly(fc.constantFrom('eth0', 'a.b', 'wlan-1')),
  word: mostly(fc.constantFrom('one', 'two')),
  number: mostly(fc.integer({ min: -1, max: 10 })),
});
const request = fc
  .record({
    v: mostly(fc.constant(1)),
    cmd: mostly(fc.constantFrom('perform', 'actions')),
    request: mostly(fc.uuid()),
    principal: mostly(fc.constant('spoke:x')),
    action: mostly(fc.constant('mark')),
    params: mostly(params),
  })
  .chain((whole) =>
    fc.subarray(Object.keys(whole)).map((left) => (left.length > 3 ? whole : without(whole, left))),
  );

function without(whole: Readonly<Record<string, unknown>>, left: readonly string[]): object {
  return Object.fromEntries(Object.entries(whole).filter(([key]) => !left.includes(key)));
}

/** What may come on a connection: nearly requests, JSON of any kind, text, and bytes. */
const bytes = fc.oneof(
  { weight: 5, arbitrary: request.map((object) => Buffer.from(`${JSON.stringify(object)}\n`)) },
  { weight: 1, arbitrary: fc.json().map((json) => Buffer.from(`${json}\n`)) },
  { weight: 1, arbitrary: text.map((line) => Buffer.from(`${line}\n`)) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array)) },
  {
    weight: 1,
    arbitrary: fc.tuple(request, fc.nat(), fc.integer({ min: 0, max: 255 })).map(([object, at, byte]) => {
      const whole = Buffer.from(`${JSON.stringify(object)}\n`);
      whole[at % whole.length] = byte;
      return whole;
    }),
  },
);

/**
 * Gives the executor so many connections full of such bytes. Throws where it crashes, answers with what is no answer, or
 * starts anything but just the words that its table can make; returns how many it started.
 */
export async function fuzzRequests(numRuns: number): Promise<number> {
  const started: string[] = [];
  let records = 0;
  const input = fuzzedInput(
    (words) => {
      if (records === 0) throw new Error('started before it was recorded');
      started.push(words.join(' '));
    },
    () => {
      records += 1;
    },
  );
  const peer = { uid: 1000, pid: 2, gid: 1, groups: [] };
  await fc.assert(
    fc.asyncProperty(bytes, fc.integer({ min: 1, max: 64 }), async (whole, size) => {
      const splitter = new LineSplitter(EXECUTOR.maxRequest);
      const lines: string[] = [];
      for (let at = 0; at < whole.length; at += size)
        lines.push(...splitter.push(whole.subarray(at, at + size)).lines);
      const before = started.length;
      records = 0;
      for (const line of lines.slice(0, 1)) {
        const reply = (await answer(input, peer, line)) as { ok?: unknown; code?: unknown };
        const known = reply.ok === true || EXECUTOR_CODES.some((code) => code === reply.code);
        if (!known || reply.code === 'internal') throw new Error(`${JSON.stringify(reply)} to ${line}`);
      }
      const words = started.slice(before);
      return words.every((one) =>
        /^\/usr\/bin\/id [A-Za-z0-9_][A-Za-z0-9_.@:-]{0,19} (?:one|two) \d$/.test(one),
      );
    }),
    { numRuns },
  );
  return started.length;
}

function fuzzedInput(onStart: (words: readonly string[]) => void, onRecord: () => void): ServeInput {
  let now = 0;
  const clock = {
    now: () => now,
    monotonic: () => {
      now += 1;
      return now;
    },
    after: () => ({ cancel: () => {} }),
  };
  const powers: ExecutorPowers = {
    files: fs,
    // Nothing is run: the words are what counts.
    spawn: ((program: string, words: readonly string[]) => {
      onStart([program, ...words]);
      const child = new EventEmitter();
      setImmediate(() => child.emit('close'));
      return child;
    }) as unknown as ExecutorPowers['spawn'],
    endGroup: () => {},
    clock,
    peerOf: () => null,
    holdProcess: () => null,
    uid: 0,
    pid: 1,
  };
  const head = { seq: 1, hash: '' };
  return {
    powers,
    table: () => TABLE,
    groups: () => ({ operator: 1, admin: 2 }),
    dangerous: false,
    log: {
      head,
      record: () => {
        onRecord();
        return head;
      },
    },
    rates: new Rates(clock.monotonic),
    seen: new Seen(),
    consent: () => Promise.resolve(false),
    onDefect: (error) => {
      throw error;
    },
  };
}
