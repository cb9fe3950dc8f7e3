import { expect, test } from 'vitest';
import { createAttempt } from '../../../spokes/creds/attempt.mjs';
import { createCheck } from '../../../spokes/creds/check.mjs';
import type { Reply, WireRequest } from '../../../spokes/runtime/api.mts';
import { makeAxium } from '../../../spokes/runtime/make-axium.mts';
import { makeParts } from '../support/parts.ts';
import { type SmallHome, smallDaemon } from '../support/small-daemon.ts';

const NOON = Date.parse('2030-01-31T12:00:00Z');
const HOUR = 3_600_000;

const KEYS = 'aws_access_key_id = K\naws_secret_access_key = S\n';
const until = (time: string) => ({
  '~/.aws/credentials': `[default]\n${KEYS}aws_session_token = T\nexpiration = 2030-01-31T${time}Z\n`,
});
const TOLD = {
  cmd: 'notify',
  title: 'Credentials expired',
  body: "Run: aws sso login or 'axium creds refresh'",
  level: 'warning',
};
const LOGIN = {
  cmd: 'daemon_exec',
  command: ['aws', 'sso', 'login', '--profile', 'default'],
  mode: 'background',
};

/** The check of one run of the spoke in a home, with all that it asks and says. */
function startCreds(home: SmallHome) {
  const answer = smallDaemon('creds', home);
  const asked: WireRequest[] = [];
  const said: string[] = [];
  const axium = makeAxium(
    async (request) => {
      asked.push(request);
      return answer({ id: asked.length, ...request }) as Reply;
    },
    { name: 'creds', version: '0.1.0' },
    makeParts(),
  );
  const check = createCheck(
    axium,
    createAttempt((line) => said.push(line)),
  );
  const sent = (cmd: string) => asked.filter((request) => request.cmd === cmd);
  return { check, said, sent, hud: () => sent('hud_segment_value').map(({ value }) => value) };
}

test('credentials show Y until the moment in which they expire, and N from then on, which is told once', async () => {
  const { check, hud, sent, said } = startCreds({ files: until('13:00:00') });
  await check(NOON);
  await check(NOON + HOUR - 1);
  expect(sent('notify')).toEqual([]);
  await check(NOON + HOUR);
  await check(NOON + 2 * HOUR);
  expect(hud()).toEqual(['[creds:Y]', '[creds:Y]', '[creds:N]', '[creds:N]']);
  expect(sent('notify')).toEqual([TOLD]);
  expect(sent('daemon_exec')).toEqual([]);
  expect(said).toEqual([]);
});

test('what was told is not told again after a restart, and news is', async () => {
  const home = { files: until('13:00:00'), storage: new Map<string, string>() };
  await startCreds(home).check(NOON + HOUR);
  const restarted = startCreds(home);
  await restarted.check(NOON + HOUR);
  expect(restarted.sent('notify')).toEqual([]);
  const later = startCreds({ ...home, files: until('15:00:00') });
  await later.check(NOON + 2 * HOUR);
  await later.check(NOON + 3 * HOUR);
  expect(later.sent('notify').map(({ title }) => title)).toEqual([
    'Credentials valid again',
    'Credentials expired',
  ]);
});

test('nothing is stored again while nothing changes', async () => {
  const { check, sent } = startCreds({ files: until('13:00:00') });
  for (const hours of [0, 0.5, 1, 2, 3]) await check(NOON + hours * HOUR);
  expect(sent('storage_put')).toHaveLength(2);
  expect(sent('storage_get')).toHaveLength(1);
});

test('the token of an SSO session decides, by the file that the AWS CLI names after it', async () => {
  const files = {
    '~/.aws/credentials': `[default]\n${KEYS}`,
    '~/.aws/config': '[default]\nsso_session = my-session\n[sso-session my-session]\nsso_region = x\n',
    // printf %s my-session | sha1sum
    '~/.aws/sso/cache/9e28173066ce536e277c5fb355efd9c64f398167.json':
      '{"accessToken":"T","expiresAt":"2030-01-31T13:00:00Z"}',
  };
  const { check, hud } = startCreds({ files });
  await check(NOON);
  await check(NOON + HOUR);
  expect(hud()).toEqual(['[creds:Y]', '[creds:N]']);
});

const SSO = { '~/.aws/config': '[default]\nsso_start_url = https://corp/start\n' };
const START_URL_TOKEN = '~/.aws/sso/cache/717f6b50ccf65f10839b090b78b6ff0786091a96.json';

test('SSO without a token is missing, not expired: no login is asked for somebody who logged out', async () => {
  const token = '{"accessToken":"T","expiresAt":"2030-01-31T11:00:00Z"}';
  const files: Record<string, string> = { ...SSO, [START_URL_TOKEN]: token };
  const { check, hud, sent } = startCreds({ files, config: { auto_refresh: true } });
  await check(NOON);
  delete files[START_URL_TOKEN];
  await check(NOON);
  expect(hud()).toEqual(['[creds:N]', '[creds:N]']);
  expect(sent('notify').map(({ title }) => title)).toEqual(['Credentials expired', 'Credentials missing']);
  expect(sent('daemon_exec')).toEqual([LOGIN]);
});

test('a token that may not be read is not called missing', async () => {
  const { check, hud, sent } = startCreds({ files: SSO, refused: { [START_URL_TOKEN]: 'denied' } });
  await check(NOON);
  expect(hud()).toEqual(['[creds:N]']);
  expect(sent('notify')).toEqual([]);
});

test('a login is asked once for each expiry where auto_refresh says so, also across restarts', async () => {
  const home = { storage: new Map<string, string>(), config: { auto_refresh: true } };
  const first = startCreds({ ...home, files: until('13:00:00') });
  await first.check(NOON + HOUR);
  await first.check(NOON + 2 * HOUR);
  expect(first.sent('daemon_exec')).toEqual([LOGIN]);
  const restarted = startCreds({ ...home, files: until('13:00:00') });
  await restarted.check(NOON + 2 * HOUR);
  expect(restarted.sent('daemon_exec')).toEqual([]);
  const again = startCreds({ ...home, files: until('14:00:00') });
  await again.check(NOON + 2 * HOUR);
  expect(again.sent('daemon_exec')).toEqual([LOGIN]);
});

test('a login that is refused is asked once all the same, and said once', async () => {
  const config = { auto_refresh: true };
  const { check, sent, said } = startCreds({
    files: until('11:00:00'),
    config,
    refused: { daemon_exec: 'denied' },
  });
  await check(NOON);
  await check(NOON + HOUR);
  expect(sent('daemon_exec')).toEqual([LOGIN]);
  expect(sent('notify')).toEqual([TOLD]);
  expect(said).toEqual(['refresh: denied: as the test wants it']);
});

test('the profile of the configuration counts, and each profile has its own news', async () => {
  const expired = until('11:00:00')['~/.aws/credentials'];
  const files = { '~/.aws/credentials': `${expired}${expired.replace('default', 'dev')}[prod]\n${KEYS}` };
  const config = { profile: 'prod', auto_refresh: true };
  const { check, hud, sent } = startCreds({ files, config });
  await check(NOON);
  expect(sent('notify')).toEqual([]);
  config.profile = 'default';
  await check(NOON);
  config.profile = 'dev';
  await check(NOON);
  expect(hud()).toEqual(['[creds:Y]', '[creds:N]', '[creds:N]']);
  expect(sent('notify')).toEqual([TOLD, TOLD]);
  expect(sent('daemon_exec').map(({ command }) => command)).toEqual([
    ['aws', 'sso', 'login', '--profile', 'default'],
    ['aws', 'sso', 'login', '--profile', 'dev'],
  ]);
});

test('a configuration that may not be read means the defaults: no login, every 300 seconds', async () => {
  const config = { auto_refresh: true, check_seconds: 10 };
  const { check, sent, said } = startCreds({
    files: until('11:00:00'),
    config,
    refused: { get_config: 'denied' },
  });
  expect(await check(NOON)).toBe(300);
  expect(sent('daemon_exec')).toEqual([]);
  expect(sent('notify')).toEqual([TOLD]);
  expect(said).toEqual(['config: denied: as the test wants it']);
});

test('a configuration that cannot be read just now is as it was', async () => {
  const refused: Record<string, string> = {};
  const { check } = startCreds({ files: until('13:00:00'), config: { check_seconds: 10 }, refused });
  expect(await check(NOON)).toBe(10);
  refused.get_config = 'busy';
  expect(await check(NOON)).toBe(10);
  refused.get_config = 'denied';
  expect(await check(NOON)).toBe(300);
});

test.each([['~/.aws/credentials'], ['~/.aws/config']])(
  'nothing is told while %s may not be read and the other has nothing, and what was known stays known',
  async (path) => {
    const files: Record<string, string> = until('13:00:00');
    const refused: Record<string, string> = {};
    const { check, hud, sent, said } = startCreds({ files, refused });
    await check(NOON);
    delete files['~/.aws/credentials'];
    refused[path] = 'denied';
    await check(NOON);
    delete refused[path];
    Object.assign(files, until('13:00:00'));
    await check(NOON);
    expect(hud()).toEqual(['[creds:Y]', '[creds:N]', '[creds:Y]']);
    expect(sent('notify')).toEqual([]);
    expect(said).toEqual([`read ${path}: denied: as the test wants it`]);
  },
);

test.each([
  ['turned off is asked for once', 'denied', 1],
  ['not taken just now is asked for again', 'busy', 3],
])('a notification that is %s', async (_how, code, times) => {
  const { check, sent, said } = startCreds({ files: until('11:00:00'), refused: { notify: code } });
  for (const hours of [0, 1, 2]) await check(NOON + hours * HOUR);
  expect(sent('notify')).toHaveLength(times);
  expect(said).toEqual([`notify: ${code}: as the test wants it`]);
});

test('without its storage the spoke still tells only once in a run', async () => {
  const refused = { storage_get: 'denied', storage_put: 'quota' };
  const { check, sent } = startCreds({ files: until('11:00:00'), refused });
  await check(NOON);
  await check(NOON);
  expect(sent('notify')).toEqual([TOLD]);
});
