import { expect, test } from 'vitest';
import { Handshake } from '../../core/supervisor/handshake.ts';

const message = (cmd: string, fields: object = {}) => ({ id: 1, cmd, body: { id: 1, cmd, ...fields } });

test('a sign of life can come at any time after hello, and is no request', () => {
  const handshake = new Handshake();
  expect(handshake.read(message('hello', { api: 1 })).kind).toBe('hello');
  expect(handshake.read(message('alive')).kind).toBe('alive');
  expect(handshake.read(message('ready')).kind).toBe('ready');
  expect(handshake.read(message('alive')).kind).toBe('alive');
});

test('a sign of life before hello, or in another shape, is a breach', () => {
  expect(new Handshake().read(message('alive'))).toEqual({ kind: 'breach', what: 'alive came before hello' });
  const greeted = new Handshake();
  greeted.read(message('hello', { api: 1 }));
  expect(greeted.read(message('alive', { more: 1 })).kind).toBe('breach');
});
