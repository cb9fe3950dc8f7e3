import { expect, it } from 'vitest';
import { describeRequestIssue } from '../../core/describe-request.ts';
import { CONTROL_REQUESTS } from '../../schemas/control.ts';
import { REQUESTS } from '../../schemas/wire.ts';

type Table = Readonly<Record<string, (typeof REQUESTS)[keyof typeof REQUESTS]>>;

function describeIn(table: Table, cmd: string, fields: object): string {
  const schema = table[cmd];
  const request: unknown = { id: 1, cmd, ...fields };
  const parsed = schema?.safeParse(request);
  if (!schema || !parsed || parsed.success) return 'it is a request';
  return describeRequestIssue(parsed.error.issues[0], schema, request);
}

const ESCAPE = '\u001b[31m';

it.each<[keyof typeof REQUESTS, object, string]>([
  ['notify', { title: 'x' }, 'it is a request'],
  ['notify', {}, 'title: is missing'],
  ['notify', { title: 3 }, 'title: expected text, found a number'],
  ['notify', { title: null }, 'title: expected text, found null'],
  ['notify', { title: true }, 'title: expected text, found true'],
  ['notify', { title: ['x'] }, 'title: expected text, found a list'],
  ['notify', { title: { a: 1 } }, 'title: expected text, found keys with values'],
  ['notify', { title: '' }, 'title: expected at least 1 character, found none'],
  ['notify', { title: 'x'.repeat(201) }, 'title: expected at most 200 characters, found 201'],
  ['notify', { title: 'x', boby: 1 }, "unknown key 'boby'; did you mean 'body'?"],
  [
    'notify',
    { title: 'x', wibble: 1 },
    "unknown key 'wibble'; known here: id, spoke, cmd, title, body, level",
  ],
  [
    'notify',
    { title: 'x', level: 'fatal' },
    'level: expected info, success, warning or error, found another text',
  ],
  ['notify', { title: 'x', level: 4 }, 'level: expected info, success, warning or error, found a number'],
  ['notify', { title: 'x', id: '1' }, 'id: expected a number, found text'],
  ['daemon_exec', {}, 'command: is missing'],
  ['daemon_exec', { command: 7 }, 'command: expected text or a list, found a number'],
  ['daemon_exec', { command: ['ls', null] }, 'command.1: expected text, found null'],
  ['daemon_exec', { command: Array(257).fill('x') }, 'command: expected at most 256 entries, found 257'],
  ['daemon_exec', { command: 'x'.repeat(32_769) }, 'command: expected at most 32768 characters, found 32769'],
  [
    'daemon_exec',
    { command: 'ls', mode: 'shell' },
    'mode: expected background, wait or stream, found another text',
  ],
  ['fs_read', { path: '/a', offset: -1 }, 'offset: expected at least 0, found -1'],
  ['fs_read', { path: '/a', offset: 0.5 }, 'offset: expected a whole number, found a number with a fraction'],
  ['fs_write', { path: '/a' }, 'data: is missing'],
  ['fs_write', { path: '/a', data: '', append: 'yes' }, 'append: expected true or false, found text'],
  ['storage_get', { key: '../x' }, 'key: expected up to 128 letters, digits, dots, _ or -'],
  [
    'get_config',
    { [`${ESCAPE}${'k'.repeat(99)}`]: 1 },
    `unknown key '\\u001b[31m${'k'.repeat(35)}'; known here: id, spoke, cmd, key`,
  ],
])('%s with %j: %s', (cmd, fields, message) => {
  expect(describeIn(REQUESTS as unknown as Table, cmd, fields)).toBe(message);
});

it.each<[keyof typeof CONTROL_REQUESTS, object, string]>([
  ['ping', { id: {} }, 'id: expected a number, text or null, found keys with values'],
  ['ping', { id: 'x'.repeat(65) }, 'id: expected at most 64 characters, found 65'],
  ['spoke_logs', {}, 'spoke: is missing'],
  ['spoke_logs', { spoke: 'x', line: 1 }, "unknown key 'line'; known here: id, cmd, spoke"],
  ['notify', { titel: 'x' }, 'title: is missing'],
])('%s on the control socket with %j: %s', (cmd, fields, message) => {
  expect(describeIn(CONTROL_REQUESTS as unknown as Table, cmd, fields)).toBe(message);
});

it('what was sent is never repeated at length, and the message is one line', () => {
  const long = `secret\n${'s'.repeat(5000)}`;
  for (const fields of [
    { title: 'x', [long]: 1 },
    { title: 'x', level: long },
    { title: [long] },
    { title: 'x', id: long },
  ]) {
    const message = describeIn(REQUESTS as unknown as Table, 'notify', fields);
    expect(message).not.toContain('\n');
    expect(message.length).toBeLessThan(150);
  }
});
