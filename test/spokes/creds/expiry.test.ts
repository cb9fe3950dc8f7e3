import { expect, test } from 'vitest';
import { keysExpiry, parseTime } from '../../../spokes/creds/expiry.mjs';

const AT = Date.UTC(2030, 0, 31, 18, 0, 0);

test.each([
  ['2030-01-31T18:00:00Z', AT],
  ['2030-01-31T18:00:00.250Z', AT + 250],
  ['2030-01-31T18:00:00UTC', AT],
  ['2030-01-31T18:00Z', AT],
  ['2030-01-31T19:30:00+01:30', AT],
  ['2030-01-31T13:00:00-0500', AT],
  ['2030-01-31 18:00:00+00:00', AT],
  [' 2030-01-31 18:00:00 ', AT],
  ['2030-01-31t18:00:00z', AT],
  ['2030-13-31T18:00:00Z', null],
  ['2030-01-31', null],
  ['tomorrow', null],
  ['', null],
  [1_900_000_000, null],
  [undefined, null],
])('the time %j is read as %j', (text, time) => {
  expect(parseTime(text)).toBe(time);
});

const LATER = '2030-01-31T19:00:00Z';

test.each([
  ['static keys never expire', {}, null],
  ['static keys do not expire by what an old session left', { aws_expiration: '2030-01-31T18:00:00Z' }, null],
  ['a session without an expiry says nothing', { aws_session_token: 't' }, null],
  [
    'x_security_token_expires counts',
    { aws_session_token: 't', x_security_token_expires: '2030-01-31T18:00:00Z' },
    AT,
  ],
  ['aws_expiration counts', { aws_session_token: 't', aws_expiration: '2030-01-31T18:00:00Z' }, AT],
  ['expiration counts', { aws_session_token: 't', expiration: '2030-01-31 18:00:00' }, AT],
  [
    'of several the first counts',
    { aws_session_token: 't', aws_expiration: LATER, expiration: '2030-01-31 18:00:00' },
    AT,
  ],
  [
    'one that cannot be read is passed over',
    { aws_session_token: 't', aws_expiration: 'soon', expiration: LATER },
    AT + 3_600_000,
  ],
])('%s', (_title, keys, expires) => {
  expect(keysExpiry(new Map(Object.entries(keys)))).toBe(expires);
});
