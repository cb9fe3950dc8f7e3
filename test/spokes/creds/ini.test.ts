import { expect, test } from 'vitest';
import { parseIni } from '../../../spokes/creds/ini.mjs';

const CASES: readonly (readonly [
  title: string,
  text: string,
  sections: Record<string, Record<string, string>>,
])[] = [
  ['an empty file', '', {}],
  ['sections and keys', '[a]\nx = 1\ny=2\n[b]\nx=3\n', { a: { x: '1', y: '2' }, b: { x: '3' } }],
  ['comments on lines of their own', '# one\n[a]\n; two\nx=1\n  # three\n', { a: { x: '1' } }],
  [
    'a comment behind a value',
    '[a]\nx = 1 # why\ny = 2 ; why\nz = # none\n',
    { a: { x: '1', y: '2', z: '' } },
  ],
  ['a secret that holds # and ; and =', '[a]\nx = a#b;c=d==\n', { a: { x: 'a#b;c=d==' } }],
  ['nested values', '[a]\ns3 =\n  max = 20\n  # so\n  x = no\nx = yes\n', { a: { s3: '', x: 'yes' } }],
  ['a value that goes on', '[a]\nx = 1\n    2\ny = 3\n', { a: { x: '1', y: '3' } }],
  ['a section whose keys are indented', '[a]\nx = 1\n[b]\n  y = 2\n', { a: { x: '1' }, b: { y: '2' } }],
  [
    'sections that are indented as a whole',
    '  [a]\n  x = 1\n  y = 2\n  [b]\n  x = 3\n',
    { a: { x: '1', y: '2' }, b: { x: '3' } },
  ],
  [
    'a profile and a session',
    '[profile  dev ]\nx=1\n[sso-session "my corp"]\ny=2\n',
    { 'profile dev': { x: '1' }, 'sso-session my corp': { y: '2' } },
  ],
  ['blanks and a comment around a header', '[ a ] # mine\nx=1\n', { a: { x: '1' } }],
  ['keys of any case', '[a]\nAWS_Access_Key_Id = K\n', { a: { aws_access_key_id: 'K' } }],
  ['Windows line ends and a byte order mark', '\uFEFF[a]\r\nx = 1\r\n', { a: { x: '1' } }],
  ['a key given twice, and a section', '[a]\nx=1\nx=2\n[b]\n[a]\ny=3\n', { a: { x: '2', y: '3' }, b: {} }],
  [
    'keys before any section, and lines that say nothing',
    'x=1\n[a\n=2\nnothing\n[a]\ny=3\n',
    { a: { y: '3' } },
  ],
  ['names that objects have', '[__proto__]\nconstructor = 1\n', { ['__proto__']: { constructor: '1' } }],
];

test.each(CASES)('%s', (_title, text, sections) => {
  const found = [...parseIni(text)].map(([name, keys]) => [name, [...keys]]);
  expect(found).toEqual(Object.entries(sections).map(([name, keys]) => [name, Object.entries(keys)]));
});
