import { expect, test } from 'vitest';
import { makeWorld } from './support/broker-world.ts';
import { countPortals } from './support/counting-portals.ts';

test('looking something up waits for its turn, which is over before anything is done', async () => {
  const turns: string[] = [];
  const { counts, changed } = countPortals();
  const { ask, home } = await makeWorld({
    changed: (input) => ({
      ...changed(input),
      inTurn: async (spoke, look) => {
        turns.push(`${spoke} begins with ${counts.prepared} looked up`);
        const found = await look();
        turns.push(`${spoke} ends with ${counts.performed} done`);
        return found;
      },
    }),
  });
  await ask({ cmd: 'fs_read', path: `${home}/granted/file` });
  expect(turns).toEqual(['creds begins with 0 looked up', 'creds ends with 0 done']);
  expect(counts).toEqual({ prepared: 1, performed: 1, released: 1 });
});

test('a turn that is never given is a denial on record, and nothing is left open', async () => {
  const { counts, changed } = countPortals();
  const { ask, audit, home } = await makeWorld({
    changed: (input) => ({ ...changed(input), inTurn: () => Promise.reject(new Error('the mount hangs')) }),
  });
  expect(await ask({ cmd: 'fs_read', path: `${home}/granted/file` })).toMatchObject({ ok: false });
  expect(audit.entries).toMatchObject([{ type: 'decision', effect: 'deny', target: null }]);
  expect(counts).toEqual({ prepared: 0, performed: 0, released: 0 });
});
