import { expect, test } from 'vitest';
import { readMessage } from '../../core/channel/message.ts';
import { WIRE } from '../../schemas/wire.ts';

test.each([
  ['{"id":0,"cmd":"ping"}', 0, 'ping'],
  ['{"id":9007199254740991,"cmd":""}', 9007199254740991, ''],
  [' { "cmd" : "ping" , "id" : 7 } ', 7, 'ping'],
  [`{"id":1,"cmd":"${'x'.repeat(64)}"}`, 1, 'x'.repeat(64)],
  ['{"id":1,"id":2,"cmd":"ping"}', 2, 'ping'],
  ['{"id":1e3,"cmd":"ping"}', 1000, 'ping'],
])('%s is a message', (line, id, cmd) => {
  expect(readMessage(line)).toEqual({ id, cmd, body: JSON.parse(line) });
});

test.each([
  [''],
  ['x'],
  ['{"id":1,"cmd":"ping"'],
  ['{"id":1,"cmd":"ping"} {"id":2,"cmd":"ping"}'],
  ["{'id':1,'cmd':'ping'}"],
  ['null'],
  ['7'],
  ['"ping"'],
  ['true'],
  ['[]'],
  ['[{"id":1,"cmd":"ping"}]'],
  ['{}'],
  ['{"cmd":"ping"}'],
  ['{"id":null,"cmd":"ping"}'],
  ['{"id":"1","cmd":"ping"}'],
  ['{"id":-1,"cmd":"ping"}'],
  ['{"id":1.5,"cmd":"ping"}'],
  ['{"id":9007199254740992,"cmd":"ping"}'],
  ['{"id":1e999,"cmd":"ping"}'],
  ['{"id":[1],"cmd":"ping"}'],
  ['{"id":1}'],
  ['{"id":1,"cmd":null}'],
  ['{"id":1,"cmd":["ping"]}'],
  [`{"id":1,"cmd":"${'x'.repeat(65)}"}`],
  ['{"__proto__":{"id":1,"cmd":"ping"}}'],
  ['\ufeff{"id":1,"cmd":"ping"}'],
])('%j is none', (line) => {
  expect(readMessage(line)).toBeNull();
});

test('what is nested as deep as a line allows is read like anything else', () => {
  const depth = 500_000;
  const nested = '['.repeat(depth) + ']'.repeat(depth);
  expect(readMessage(`{"id":1,"cmd":"x","a":${nested}}`)?.id).toBe(1);
  expect(readMessage('['.repeat(WIRE.maxLine))).toBeNull();
  expect(readMessage('{"a":'.repeat(WIRE.maxLine / 5))).toBeNull();
});

test('a key __proto__ stays a key', () => {
  const message = readMessage('{"id":1,"cmd":"x","__proto__":{"polluted":true}}');
  expect(Object.keys(message?.body ?? {})).toEqual(['id', 'cmd', '__proto__']);
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
});
