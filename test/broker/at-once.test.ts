import { describe, expect, test } from 'vitest';
import { createBroker } from '../../core/broker.ts';
import type { PortalEntry } from '../../core/portals/portal.ts';
import type { Response } from '../../schemas/wire.ts';
import { makeWorld, SUBJECT } from './support/broker-world.ts';
import { countPortals } from './support/counting-portals.ts';
import { ERRORS } from './support/errors.ts';

describe('what is done in memory', () => {
  const changing = (stage: PortalEntry['stage']) =>
    makeWorld(countPortals((entry) => (entry.stage === null ? entry : { ...entry, stage })));

  test.each(ERRORS)(
    'and cannot be staged with %s is allowed and failed, in one record',
    async (thrown, code, error, logged) => {
      const { ask, audit, defects } = await changing(() => {
        throw thrown;
      });
      expect(await ask({ cmd: 'get_permissions' })).toEqual({ id: 7, ok: false, code, error });
      expect(audit.entries).toMatchObject([
        { type: 'decision', effect: 'allow', outcome: { ok: false, code } },
      ]);
      expect(defects).toHaveLength(logged);
    },
  );

  test('and fails all the same is a defect, answered once, of which another record tells', async () => {
    const commit = () => {
      throw new Error('never');
    };
    const { ask, audit, defects } = await changing(() => ({ reply: {}, commit }));
    expect(await ask({ cmd: 'get_permissions' })).toMatchObject({ ok: false, code: 'internal' });
    expect(audit.entries).toMatchObject([
      { type: 'decision', effect: 'allow', outcome: { ok: true } },
      { type: 'outcome', request: 'r1', ok: false, code: 'internal' },
    ]);
    expect(defects).toHaveLength(1);
  });

  test('is a question to a person where the policy asks, and answered in steps', async () => {
    const { ask, audit, hud } = await makeWorld({
      changed: ({ decide }) => ({
        decide: (policies, query) => ({ ...decide(policies, query), effect: 'ask' }),
        askPerson: () => Promise.resolve(null),
        grantFor: () => null,
      }),
    });
    expect(await ask({ cmd: 'hud_segment_value', value: '[x]' })).toMatchObject({
      ok: false,
      code: 'denied',
    });
    expect(audit.entries).toMatchObject([{ effect: 'ask' }, { effect: 'deny' }]);
    expect(hud.list()).toEqual([]);
  });

  test('is denied, and on record, where the policy throws', async () => {
    const { ask, audit, hud } = await makeWorld({
      changed: () => ({
        decide: () => {
          throw new Error('policy');
        },
      }),
    });
    expect(await ask({ cmd: 'hud_segment_value', value: '[x]' })).toMatchObject({
      ok: false,
      code: 'internal',
    });
    expect(audit.entries).toMatchObject([{ type: 'decision', effect: 'deny' }]);
    expect(hud.list()).toEqual([]);
  });
});

describe('a request that is answered at once', () => {
  const message = {
    id: 1,
    cmd: 'hud_segment_value',
    body: { id: 1, cmd: 'hud_segment_value', value: '[x]' },
  };

  test('is answered before the function returns where the record is written by then', async () => {
    const { input, hud } = await makeWorld();
    const audit = {
      ...input.audit,
      plainDecision: (_of: unknown, _came: unknown, told: (error: null) => void) => told(null),
    };
    const answers: Response[] = [];
    createBroker({ ...input, audit })(SUBJECT, message, (response) => answers.push(response));
    expect(answers).toEqual([{ id: 1, ok: true }]);
    expect(hud.list()).toEqual([{ spoke: 'creds', value: '[x]' }]);
  });

  test('is answered once, whatever the log does after it has told of the record', async () => {
    const { input } = await makeWorld();
    const audit: typeof input.audit = {
      ...input.audit,
      plainDecision: (_of, _came, told) => {
        told(null);
        told(new Error('again'));
        throw new Error('after that');
      },
    };
    const answers: Response[] = [];
    createBroker({ ...input, audit })(SUBJECT, message, (response) => answers.push(response));
    expect(answers).toEqual([{ id: 1, ok: true }]);
  });

  test('that cannot be sent is a defect, and keeps no other from being answered', async () => {
    const { input, defects } = await makeWorld();
    const answers: Response[] = [];
    const mediate = createBroker(input);
    mediate(SUBJECT, message, () => {
      throw new Error('unsent');
    });
    mediate(SUBJECT, { ...message, id: 2 }, (response) => answers.push(response));
    await new Promise((resolve) => setImmediate(resolve));
    expect(answers).toEqual([{ id: 2, ok: true }]);
    expect(defects).toHaveLength(1);
  });

  test('says how long it took until it was recorded', async () => {
    const { input, audit } = await makeWorld();
    let now = 0;
    const clock = { ...input.clock, monotonic: () => (now += 2.5) };
    createBroker({ ...input, clock })(SUBJECT, message, () => {});
    await new Promise((resolve) => setImmediate(resolve));
    expect(audit.decisions()).toMatchObject([{ outcome: { duration_ms: 2.5 } }]);
  });
});
