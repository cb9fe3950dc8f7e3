import { expect, test } from 'vitest';
import { usableLinks } from '../../core/portals/usable-links.ts';
import type { Scope } from '../../schemas/scope.ts';

const file = (path: string) => ({ path, list: 'fs_read', whole: false, fd: 0 }) as const;
const directory = (path: string) => ({ ...file(path), whole: true }) as const;

test.each<[string, Scope['links'], Scope['binds'], readonly string[]]>([
  ['a link to something bound', [{ path: '/h/.aws', to: '/h/dot' }], [file('/h/dot/config')], ['/h/.aws']],
  ['a link into a directory', [{ path: '/h/a', to: '/h/dot/x/a' }], [directory('/h/dot')], ['/h/a']],
  ['a link to nothing', [{ path: '/h/.aws', to: '/h/dot' }], [file('/h/dots/config')], []],
  ['a path that is no link', [{ path: '/h/dot', to: '/h/dot' }], [file('/h/dot/config')], []],
  ['a link where something lies', [{ path: '/h', to: '/h/dot' }], [file('/h/dot/config')], []],
  ['a link in a directory that has it', [{ path: '/h/a', to: '/h/b' }], [directory('/h')], []],
  [
    'a link below another',
    [
      { path: '/h/.aws/sso', to: '/h/dot/sso' },
      { path: '/h/.aws', to: '/h/dot' },
    ],
    [directory('/h/dot')],
    ['/h/.aws'],
  ],
])('of %s', (_what, links, binds, used) => {
  expect(usableLinks(links, binds).map(({ path }) => path)).toEqual(used);
});
