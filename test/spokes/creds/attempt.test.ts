import { expect, test } from 'vitest';
import { createAttempt } from '../../../spokes/creds/attempt.mjs';
import { AxiumFailure } from '../../../spokes/runtime/failure.mts';

test('a refusal is a value, and said once until it is another or was over', async () => {
  const said: string[] = [];
  const attempt = createAttempt((line) => said.push(line));
  const refuse = (code: 'denied' | 'busy') => () => Promise.reject(new AxiumFailure(code, 'no'));
  expect(await attempt('notify', refuse('denied'))).toEqual({ ok: false, code: 'denied' });
  await attempt('notify', refuse('denied'));
  await attempt('hud', refuse('denied'));
  await attempt('notify', refuse('busy'));
  expect(await attempt('notify', () => Promise.resolve(7))).toEqual({ ok: true, value: 7 });
  await attempt('notify', refuse('busy'));
  expect(said).toEqual(['notify: denied: no', 'hud: denied: no', 'notify: busy: no', 'notify: busy: no']);
});

test('a defect is not taken for a refusal', async () => {
  const attempt = createAttempt(() => {});
  await expect(attempt('hud', () => Promise.reject(new TypeError('oops')))).rejects.toThrow('oops');
});
