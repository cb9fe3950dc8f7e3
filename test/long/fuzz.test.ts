import fc from 'fast-check';
import { expect, it } from 'vitest';
import { LineSplitter } from '../../core/channel/framing.ts';
import { readMessage } from '../../core/channel/message.ts';
import { readRequest } from '../../core/read-request.ts';
import { parseOverrides } from '../../core/registry/load-overrides.ts';
import { InvalidFile } from '../../core/registry/problem.ts';
import { REQUESTS } from '../../schemas/wire.ts';

/** Text in which the characters that YAML gives a meaning to are as likely as all others together. */
const yamlText = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '[',
        ']',
        '{',
        '}',
        '- ',
        '? ',
        ': ',
        '&a ',
        '*a',
        '!x ',
        '|',
        '>',
        '"',
        "'",
        '#',
        '%',
        '---\n',
        '\n',
        '  ',
      ),
      fc.constantFrom(
        'creds',
        'exec',
        'true',
        'fs_read',
        'deny',
        '~/x/**',
        '$HOME',
        '__proto__',
        '"*"',
        '<<',
      ),
      fc.string({ maxLength: 4, unit: 'binary' }),
    ),
    { maxLength: 400 },
  )
  .map((parts) => parts.join(''));

it('200,000 texts as permissions.yaml are each taken or refused with a place, and nothing else', () => {
  let refused = 0;
  fc.assert(
    fc.property(yamlText, (text) => {
      try {
        expect(
          parseOverrides('permissions.yaml', text, { home: '/home/ada', env: {} }).layers,
        ).toBeInstanceOf(Map);
      } catch (error) {
        expect(error).toBeInstanceOf(InvalidFile);
        refused += 1;
      }
    }),
    { numRuns: 200_000 },
  );
  expect(refused).toBeGreaterThan(0);
});

it('200,000 messages are each read as a request or refused with a code, and no field of theirs is believed', () => {
  const commands = fc.oneof(
    fc.constantFrom(...Object.keys(REQUESTS), '__proto__', 'constructor', 'toString'),
    fc.string(),
  );
  const body = fc.dictionary(
    fc.oneof(
      fc.constantFrom('id', 'spoke', 'path', 'command', 'title', 'mode', 'key', 'length', '__proto__'),
      fc.string(),
    ),
    fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.constantFrom('creds', 'other', 0, 1, -1)),
  );
  fc.assert(
    fc.property(commands, body, fc.maxSafeNat(), (cmd, fields, id) => {
      const message = readMessage(JSON.stringify({ ...fields, cmd, id }));
      if (message === null) return;
      const read = readRequest('creds', message);
      if ('request' in read) expect([undefined, 'creds']).toContain(read.request.spoke);
      else expect(read.refusal.message).not.toMatch(/\n/);
    }),
    { numRuns: 200_000 },
  );
});

it('100,000 streams, however cut, give the same lines or the same fault', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 300 }),
      fc.array(fc.nat({ max: 300 }), { maxLength: 8 }),
      (bytes, cuts) => {
        const whole = new LineSplitter(64).push(Buffer.from(bytes));
        const splitter = new LineSplitter(64);
        const lines: string[] = [];
        let fault = null;
        let last = 0;
        for (const cut of [...cuts.filter((at) => at <= bytes.length).sort((a, b) => a - b), bytes.length]) {
          const pushed = splitter.push(Buffer.from(bytes.subarray(last, cut)));
          lines.push(...pushed.lines);
          fault = pushed.fault;
          last = cut;
        }
        expect({ lines, fault }).toEqual({ lines: whole.lines, fault: whole.fault });
      },
    ),
    { numRuns: 100_000 },
  );
});
