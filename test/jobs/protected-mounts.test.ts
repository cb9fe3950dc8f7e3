import { expect, test } from 'vitest';
import { protectedMounts } from '../../core/jobs/protected-mounts.ts';

const mounts = (readOnly: readonly string[], hidden: readonly string[] = []) => {
  const words = protectedMounts({ readOnly, hidden });
  const triples = Array.from({ length: words.length / 3 }, (_, index) =>
    words.slice(3 * index, 3 * index + 3),
  );
  return triples.map(([word, from, to]) => `${word === '--ro-bind-try' ? 'closed' : 'held'} ${from} ${to}`);
};

test('every directory above a place is held, and comes before what is in it', () => {
  expect(mounts(['/home/u/.config/axium', '/home/u/.a'])).toEqual([
    'held /home /home',
    'held /home/u /home/u',
    'closed /home/u/.a /home/u/.a',
    'held /home/u/.config /home/u/.config',
    'closed /home/u/.config/axium /home/u/.config/axium',
  ]);
});

test('what lies in a read-only place is part of it, and is never made writable again', () => {
  expect(mounts(['/a/b/c/d', '/a/b', '/a/b'], ['/a/b/x/run'])).toEqual(['held /a /a', 'closed /a/b /a/b']);
});

test('of what is hidden only what is above is held', () => {
  expect(mounts([], ['/run/user/1000/axium'])).toEqual([
    'held /run /run',
    'held /run/user /run/user',
    'held /run/user/1000 /run/user/1000',
  ]);
});

test('a name that only begins alike is another place', () => {
  expect(mounts(['/ab', '/a'])).toEqual(['closed /a /a', 'closed /ab /ab']);
});
