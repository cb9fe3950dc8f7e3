import { describe, expect, test } from 'vitest';
import { makeWorld } from './support/broker-world.ts';
import { countPortals, preparing, throwing, unprepared } from './support/counting-portals.ts';
import { ERRORS } from './support/errors.ts';

describe('performing that fails', () => {
  test.each(ERRORS)(
    'with %s is an outcome on record, after its decision',
    async (thrown, code, error, logged) => {
      const { ask, audit, defects } = await makeWorld(countPortals(preparing({ perform: throwing(thrown) })));
      expect(await ask({ cmd: 'facts' })).toEqual({ id: 7, ok: false, code, error });
      expect(audit.entries).toMatchObject([
        { type: 'decision', effect: 'allow' },
        { type: 'outcome', request: 'r1', ok: false, code },
      ]);
      expect(defects).toHaveLength(logged);
    },
  );

  test('before it has a promise is an outcome like any other, and no second decision', async () => {
    const perform = () => {
      throw new Error('at once');
    };
    const { ask, audit } = await makeWorld(countPortals(preparing({ perform })));
    expect(await ask({ cmd: 'facts' })).toMatchObject({ ok: false, code: 'internal' });
    expect(audit.entries).toMatchObject([
      { type: 'decision', effect: 'allow' },
      { type: 'outcome', ok: false, code: 'internal' },
    ]);
  });
});

describe('what throws on the way to a decision is a denial on record', () => {
  test.each(ERRORS)('resolving that throws %s', async (thrown, code, error, logged) => {
    const { ask, audit, defects } = await makeWorld(countPortals(unprepared(throwing(thrown))));
    expect(await ask({ cmd: 'facts' })).toEqual({ id: 7, ok: false, code, error });
    expect(audit.entries).toMatchObject([
      { type: 'decision', action: 'facts', target: null, effect: 'deny', reason: error, rule: null },
    ]);
    expect(defects).toHaveLength(logged);
  });

  test.each([
    ['looking up where patterns lead', () => ({ anchors: throwing(new Error('anchors')) })],
    [
      'looking up the policy',
      () => ({
        policies: () => {
          throw new Error('policies');
        },
      }),
    ],
  ])('%s', async (_what, changed) => {
    const { ask, audit, defects, home } = await makeWorld({ changed });
    expect(await ask({ cmd: 'fs_read', path: `${home}/granted/file` })).toMatchObject({
      ok: false,
      code: 'internal',
    });
    expect(audit.entries).toMatchObject([{ type: 'decision', action: 'fs_read', effect: 'deny' }]);
    expect(defects).toHaveLength(1);
  });
});

describe('what was opened is let go exactly once', () => {
  const done = { prepared: 1, performed: 1, released: 1 };
  const notDone = { prepared: 1, performed: 0, released: 1 };

  test.each([
    ['allowed', done, {}],
    ['allowed and fails', done, { perform: throwing(new Error('no')) }],
    ['denied', notDone, { target: { kind: 'plain' } as const }],
  ])('when the request is %s', async (_what, expected, part) => {
    const { counts, changed } = countPortals(preparing(part));
    const { ask, home } = await makeWorld({ changed });
    await ask({ cmd: 'fs_read', path: `${home}/granted/file` });
    expect(counts).toEqual(expected);
  });

  test.each([
    ['it cannot be decided', { anchors: throwing(new Error('no')) }],
    ['the question to a person fails', { askPerson: throwing(new Error('no')) }],
  ])('when %s', async (_what, part) => {
    const { counts, changed } = countPortals();
    const { ask, home } = await makeWorld({
      changed: (input) => ({ ...changed(input), ...part }),
      overrides: (home) => `creds: {ask: {fs_read: ['${home}/granted/*']}}`,
    });
    await ask({ cmd: 'fs_read', path: `${home}/granted/file` });
    expect(counts).toEqual(notDone);
  });

  test.each([
    ['decision', notDone],
    ['outcome', done],
  ] as const)('when the %s cannot be recorded', async (type, expected) => {
    const { counts, changed } = countPortals();
    const { ask, audit, home } = await makeWorld({ changed });
    audit.fail(type);
    await ask({ cmd: 'fs_read', path: `${home}/granted/file` });
    expect(counts).toEqual(expected);
  });

  test('and a failure to let go is told to the daemon log only', async () => {
    const { ask, audit, defects } = await makeWorld(
      countPortals(preparing({ release: throwing(new Error('stuck')) })),
    );
    expect(await ask({ cmd: 'facts' })).toMatchObject({ ok: true });
    expect(audit.entries).toHaveLength(2);
    expect(defects).toHaveLength(1);
  });
});

test('a part that throws where none does is a denial on record, and nothing is thrown at the channel', async () => {
  const { ask, audit, defects } = await makeWorld(
    countPortals((entry) => ({
      ...entry,
      resource: () => {
        throw new Error('never');
      },
    })),
  );
  expect(await ask({ cmd: 'facts' })).toMatchObject({ ok: false, code: 'internal' });
  expect(audit.entries).toMatchObject([{ type: 'decision', action: 'unknown', effect: 'deny' }]);
  expect(defects).toHaveLength(1);
});
