import { expect, test } from 'vitest';
import { parseIni } from '../../../spokes/creds/ini.mjs';
import { sourceOf } from '../../../spokes/creds/profile.mjs';

const KEYS = 'aws_access_key_id = K\naws_secret_access_key = S\n';
const SESSION = `${KEYS}aws_session_token = T\naws_expiration = 2030-01-31T18:00:00Z\n`;
const AT = Date.UTC(2030, 0, 31, 18, 0, 0);
const STATIC = { kind: 'keys', expires: null };
const NONE = { kind: 'none' };

const CASES: readonly (readonly [
  title: string,
  files: { credentials?: string; config?: string },
  source: unknown,
])[] = [
  ['nothing anywhere is no source', {}, NONE],
  ['keys in credentials', { credentials: `[dev]\n${SESSION}` }, { kind: 'keys', expires: AT }],
  ['keys in config', { config: `[profile dev]\n${KEYS}` }, STATIC],
  [
    'keys in credentials go before those in config',
    { credentials: `[dev]\n${KEYS}`, config: `[profile dev]\n${SESSION}` },
    STATIC,
  ],
  ['half a pair of keys is no source', { credentials: '[dev]\naws_access_key_id = K\n' }, NONE],
  ['a profile in config needs its word', { config: `[dev]\n${KEYS}` }, NONE],
  ['another profile is not meant', { credentials: `[prod]\n${KEYS}` }, NONE],
  [
    'SSO by start URL',
    { config: '[profile dev]\nsso_start_url = https://corp/start\n' },
    { kind: 'sso', cacheName: 'https://corp/start' },
  ],
  [
    'SSO by session is cached under the name of the session',
    { config: '[profile dev]\nsso_session = corp\n[sso-session corp]\nsso_start_url = https://corp/start\n' },
    { kind: 'sso', cacheName: 'corp' },
  ],
  ['a session that is nowhere is no source', { config: '[profile dev]\nsso_session = corp\n' }, NONE],
  [
    'SSO goes before keys',
    { config: '[profile dev]\nsso_start_url = u\n', credentials: `[dev]\n${KEYS}` },
    { kind: 'sso', cacheName: 'u' },
  ],
  [
    'a program that makes credentials',
    { config: '[profile dev]\ncredential_process = /bin/x\n' },
    { kind: 'on demand' },
  ],
  [
    'a role of the machine',
    { config: '[profile dev]\nrole_arn = r\ncredential_source = Ec2InstanceMetadata\n' },
    { kind: 'on demand' },
  ],
  [
    'a role is as good as its source profile',
    { config: '[profile dev]\nrole_arn = r\nsource_profile = base\n', credentials: `[base]\n${SESSION}` },
    { kind: 'keys', expires: AT },
  ],
  [
    'a role whose source is itself uses its own keys',
    { config: '[profile dev]\nrole_arn = r\nsource_profile = dev\n', credentials: `[dev]\n${KEYS}` },
    STATIC,
  ],
  [
    'roles in a circle lead nowhere',
    {
      config:
        '[profile dev]\nrole_arn = r\nsource_profile = b\n[profile b]\nrole_arn = r\nsource_profile = dev\n',
    },
    NONE,
  ],
  [
    'a source without a role is not followed',
    { config: '[profile dev]\nsource_profile = base\n', credentials: `[base]\n${KEYS}` },
    NONE,
  ],
];

test.each(CASES)('%s', (_title, { credentials = '', config = '' }, source) => {
  expect(sourceOf({ credentials: parseIni(credentials), config: parseIni(config) }, 'dev')).toEqual(source);
});

test.each([['[default]'], ['[profile default]']])(
  'the default profile may be written %s in config',
  (header) => {
    const files = { credentials: parseIni(''), config: parseIni(`${header}\n${KEYS}`) };
    expect(sourceOf(files, 'default')).toEqual(STATIC);
  },
);
