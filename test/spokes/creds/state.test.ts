import { expect, test } from 'vitest';
import type { Source } from '../../../spokes/creds/profile.mjs';
import { noticeOf, type State, segmentOf, stateOf, type Validity } from '../../../spokes/creds/state.mjs';

const NOW = 1_000_000;

const STATES: readonly (readonly [title: string, source: Source, token: number | null, state: State])[] = [
  ['no source is missing', { kind: 'none' }, null, { validity: 'missing', expires: null }],
  ['credentials on demand are valid', { kind: 'on demand' }, null, { validity: 'valid', expires: null }],
  ['static keys are valid', { kind: 'keys', expires: null }, null, { validity: 'valid', expires: null }],
  [
    'keys are valid until they expire',
    { kind: 'keys', expires: NOW + 1 },
    null,
    { validity: 'valid', expires: NOW + 1 },
  ],
  [
    'keys are expired from that moment',
    { kind: 'keys', expires: NOW },
    null,
    { validity: 'expired', expires: NOW },
  ],
  [
    'SSO without a token is missing',
    { kind: 'sso', cacheName: 'c' },
    null,
    { validity: 'missing', expires: null },
  ],
  [
    'an SSO token is valid until it expires',
    { kind: 'sso', cacheName: 'c' },
    NOW + 1,
    { validity: 'valid', expires: NOW + 1 },
  ],
  [
    'an SSO token is expired from that moment',
    { kind: 'sso', cacheName: 'c' },
    NOW,
    { validity: 'expired', expires: NOW },
  ],
];

test.each(STATES)('%s', (_title, source, token, state) => {
  expect(stateOf(source, token, NOW)).toEqual(state);
});

test('the segment says Y only for what is known to be valid', () => {
  const all: readonly Validity[] = ['valid', 'expired', 'missing', 'unknown'];
  expect(all.map((validity) => segmentOf({ validity, expires: null }))).toEqual([
    '[creds:Y]',
    '[creds:N]',
    '[creds:N]',
    '[creds:N]',
  ]);
});

const EXPIRED = 'Credentials expired';
const MISSING = 'Credentials missing';
const AGAIN = 'Credentials valid again';

test.each([
  ['expired', [EXPIRED, null, EXPIRED, EXPIRED]],
  ['missing', [MISSING, MISSING, null, MISSING]],
  ['valid', [null, AGAIN, AGAIN, null]],
  ['unknown', [null, null, null, null]],
] as const)('what has become %s is told once, by what it was before', (validity, titles) => {
  const befores = [null, 'expired', 'missing', 'valid'] as const;
  const notices = befores.map((before) => noticeOf({ validity, expires: 1 }, before, 'dev'));
  expect(notices.map((notice) => notice?.title ?? null)).toEqual(titles);
});

test('an expiry is told in the documented words', () => {
  expect(noticeOf({ validity: 'expired', expires: 1 }, 'valid', 'dev')).toEqual({
    title: 'Credentials expired',
    body: "Run: aws sso login or 'axium creds refresh'",
    level: 'warning',
  });
});
