import { expect, test } from 'vitest';
import { ssoCachePath, tokenExpiry } from '../../../spokes/creds/sso-cache.mjs';

test('the file of a token is named as the AWS CLI names it', () => {
  // printf %s my-session | sha1sum
  expect(ssoCachePath('my-session')).toBe('~/.aws/sso/cache/9e28173066ce536e277c5fb355efd9c64f398167.json');
});

test.each([
  ['a token', { accessToken: 't', expiresAt: '2030-01-31T18:00:00Z' }, Date.UTC(2030, 0, 31, 18)],
  [
    'a token of an old CLI',
    { accessToken: 't', expiresAt: '2030-01-31T18:00:00UTC' },
    Date.UTC(2030, 0, 31, 18),
  ],
  ['a client registration, which is no token', { clientId: 'c', expiresAt: '2030-01-31T18:00:00Z' }, null],
  ['a token that does not say when', { accessToken: 't' }, null],
  ['no object', null, null],
])('%s expires when it says', (_title, content, expires) => {
  expect(tokenExpiry(JSON.stringify(content))).toBe(expires);
});

test('a file that is cut short, or empty, holds no token', () => {
  expect([tokenExpiry('{"accessToken":"t","expi'), tokenExpiry('')]).toEqual([null, null]);
});
