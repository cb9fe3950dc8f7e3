import fc from 'fast-check';
import { expect, test } from 'vitest';
import { askedPath } from '../../core/portals/asked-path.ts';

const HOME = '/home/ada';

test.each([
  ['/etc/hosts', '/etc/hosts'],
  ['/', '/'],
  ['~', '/home/ada'],
  ['~/', '/home/ada'],
  ['~/.aws/credentials', '/home/ada/.aws/credentials'],
  ['//etc///hosts', '/etc/hosts'],
  ['/etc/./hosts/.', '/etc/hosts'],
  ['/etc/hosts/', '/etc/hosts'],
  ['/~/a', '/~/a'],
  ['/a/..b/...', '/a/..b/...'],
  ['/a b/*/[é]{1,2}\\$HOME', '/a b/*/[é]{1,2}\\$HOME'],
])('%j means %j', (path, absolute) => {
  expect(askedPath(path, HOME)).toBe(absolute);
});

test.each([
  ['', 'empty'],
  ['etc/hosts', 'absolute'],
  ['./hosts', 'absolute'],
  ['~ada/.ssh', 'absolute'],
  [' /etc/hosts', 'absolute'],
  ['..', 'absolute'],
  ['/..', "'..'"],
  ['/etc/../shadow', "'..'"],
  ['~/../eve', "'..'"],
  ['/etc/hosts\0.txt', 'control'],
  ['/etc/ho\nsts', 'control'],
  ['/etc/\u001b[2J', 'control'],
  ['/etc/\u007f', 'control'],
  ['/etc/\u0085', 'control'],
])('%j is refused in one line that says why', (path, why) => {
  const refusal = expect.objectContaining({
    code: 'invalid',
    message: expect.stringMatching(new RegExp(`^path: [^\\n]*${why}`)),
  });
  expect(() => askedPath(path, HOME)).toThrow(refusal);
});

test('whatever is taken is absolute and has no empty, single-dot or double-dot part', () => {
  const part = fc.constantFrom('', '.', '..', '~', 'a', '.a', 'a.', '...');
  const path = fc
    .tuple(fc.constantFrom('/', '~/', '~', ''), fc.array(part))
    .map(([start, parts]) => start + parts.join('/'));
  fc.assert(
    fc.property(path, (asked) => {
      let taken: string;
      try {
        taken = askedPath(asked, HOME);
      } catch {
        return;
      }
      expect(taken).toMatch(/^\//);
      const parts = taken === '/' ? [] : taken.slice(1).split('/');
      expect(parts.filter((name) => name === '' || name === '.' || name === '..')).toEqual([]);
    }),
  );
});
