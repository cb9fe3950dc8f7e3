import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { DEFAULTS, readSettings } from '../../../spokes/creds/settings.mjs';

test('creds.yaml documents the defaults as they are', () => {
  const file = new URL('../../../spokes/creds/creds.yaml', import.meta.url);
  expect(parse(readFileSync(file, 'utf8'))).toEqual({
    default: {
      profile: DEFAULTS.profile,
      auto_refresh: DEFAULTS.autoRefresh,
      check_seconds: DEFAULTS.checkSeconds,
    },
  });
});

test.each([[null], [undefined], ['text'], [[]], [{}]])('%j says nothing, and the defaults count', (value) => {
  expect(readSettings(value)).toEqual({ settings: DEFAULTS, remarks: [] });
});

test('what is said counts', () => {
  const value = { profile: 'prod', auto_refresh: true, check_seconds: 60 };
  const settings = { profile: 'prod', autoRefresh: true, checkSeconds: 60 };
  expect(readSettings(value)).toEqual({ settings, remarks: [] });
});

test('checks are at least 5 seconds apart, and at most a day', () => {
  const seconds = [-1, 4.9, 5, 86_400, 1e12].map(
    (check_seconds) => readSettings({ check_seconds }).settings.checkSeconds,
  );
  expect(seconds).toEqual([5, 5, 5, 86_400, 86_400]);
});

test.each([
  [
    'profile',
    '--endpoint-url=http://x',
    'profile: expected the name of an AWS profile, found "--endpoint-url=http://x"; going on with default',
  ],
  ['profile', 7, 'profile: expected the name of an AWS profile, found 7; going on with default'],
  ['profile', '', 'profile: expected the name of an AWS profile, found ""; going on with default'],
  ['auto_refresh', 'yes', 'auto_refresh: expected true or false, found "yes"; going on with false'],
  ['check_seconds', '5m', 'check_seconds: expected a number of seconds, found "5m"; going on with 300'],
])('%s: %j is remarked on, and its default counts', (key, value, remark) => {
  expect(readSettings({ [key]: value })).toEqual({ settings: DEFAULTS, remarks: [remark] });
});
