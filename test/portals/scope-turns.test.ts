import { expect, test } from 'vitest';
import { ScopeTurns } from '../../core/portals/scope-turns.ts';

/** Looks that end when they are told to, and the names of those that have begun. */
function looks() {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const look = (name: string) => () => {
    begun.push(name);
    return new Promise<string>((resolve) => ends.set(name, () => resolve(name)));
  };
  return { begun, look, end: (name: string) => ends.get(name)?.() };
}

/** Until nothing is left to be done without another event. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

test('one spoke looks once at a time, in the order in which it asked, and keeps no other waiting', async () => {
  const turns = new ScopeTurns();
  const { begun, look, end } = looks();
  const first = turns.take('a', look('a1'));
  const second = turns.take('a', look('a2'));
  const other = turns.take('b', look('b1'));
  await settled();
  expect(begun).toEqual(['a1', 'b1']);
  end('a1');
  expect(await first).toBe('a1');
  await settled();
  expect(begun).toEqual(['a1', 'b1', 'a2']);
  end('a2');
  end('b1');
  expect(await Promise.all([second, other])).toEqual(['a2', 'b1']);
});

test('of many spokes four look at once, and the next when one of them is done', async () => {
  const turns = new ScopeTurns();
  const { begun, look, end } = looks();
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  const all = names.map((name) => turns.take(name, look(name)));
  await settled();
  expect(begun).toEqual(['a', 'b', 'c', 'd']);
  end('c');
  await settled();
  expect(begun).toEqual(['a', 'b', 'c', 'd', 'e']);
  for (const name of ['a', 'b', 'd', 'e']) end(name);
  await settled();
  end('f');
  expect(await Promise.all(all)).toEqual(names);
});

test('a look that fails fails for whoever asked, and the next has its turn', async () => {
  const turns = new ScopeTurns();
  const failing = turns.take('a', () => Promise.reject(new Error('too large')));
  const next = turns.take('a', () => Promise.resolve('done'));
  await expect(failing).rejects.toThrow('too large');
  expect(await next).toBe('done');
});
