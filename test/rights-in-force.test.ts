import { expect, test } from 'vitest';
import { decideNow } from '../core/broker/decide-now.ts';
import { decideStrictest } from '../core/policy/decide.ts';
import { rightsInForce } from '../core/rights-in-force.ts';
import { askPath } from './support/queries.ts';
import { compileManifest, compileOverrides, GUARD, manifestText } from './support/rights.ts';

test('while a changed version waits to take a place, a path is decided by what both of them ask for', async () => {
  const [counts, next] = ['[/srv/a/*, /srv/b/*]', '[/srv/b/*, /srv/c/*]'].map((list) =>
    compileManifest(manifestText(`fs_read: ${list}`)),
  );
  if (!counts || !next) throw new Error('there are two');
  const state = { inForce: compileOverrides(''), pending: null, problems: [] };
  const rights = rightsInForce({
    strict: () => false,
    guard: () => GUARD,
    overrides: () => state,
    book: { get: () => counts, list: () => [counts], found: [next], toRun: () => next },
    clock: { now: () => 0 },
  });
  const decided = async (path: string) => {
    const { target } = askPath('fs_read', path);
    const clock = { now: () => 0, monotonic: () => 0 };
    const input = { policies: rights.of, anchors: async () => new Map(), clock, decide: decideStrictest };
    const about = { action: 'fs_read', resource: path } as const;
    const { decision } = await decideNow(input, { subject: { spoke: 'creds' } }, about, target);
    return decision.effect;
  };
  expect(await Promise.all(['a', 'b', 'c'].map((name) => decided(`/srv/${name}/x`)))).toEqual([
    'deny',
    'allow',
    'deny',
  ]);
});

test('the rights of one spoke are told without a look at any other', () => {
  const spoke = compileManifest(manifestText('notify: true'));
  const all = (): never => {
    throw new Error('each request would go through every spoke there is');
  };
  const rights = rightsInForce({
    strict: () => false,
    guard: () => GUARD,
    overrides: () => ({ inForce: compileOverrides(''), pending: null, problems: [] }),
    book: {
      get: () => spoke,
      toRun: () => spoke,
      list: all,
      get found() {
        return all();
      },
    },
    clock: { now: () => 0 },
  });
  expect(rights.of('creds').policies).toHaveLength(1);
});
