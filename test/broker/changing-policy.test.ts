import { expect, test } from 'vitest';
import type { BrokerInput } from '../../core/broker.ts';
import type { Policy } from '../../core/policy/policy.ts';
import { compileRights, manifestText } from '../support/rights.ts';
import { makeWorld } from './support/broker-world.ts';

const ALLOWING = compileRights({ manifest: manifestText("fs_read: ['/**']") }).policy;
const DENYING = compileRights({ manifest: manifestText() }).policy;

/** Policies that change while it is looked up where their patterns lead, once for each of these. */
function changing(policies: readonly Policy[]): Pick<BrokerInput, 'policies' | 'anchors'> {
  const rights = policies.map((policy, index) => ({ policies: [policy], hash: `hash ${index}` }));
  let at = 0;
  const now = () => rights[Math.min(at, rights.length - 1)] as (typeof rights)[number];
  return {
    policies: now,
    anchors: async () => {
      at += 1;
      return new Map();
    },
  };
}

test('a right that is taken away while links are looked up is gone', async () => {
  const { ask, audit, home } = await makeWorld({ changed: () => changing([ALLOWING, DENYING]) });
  expect(await ask({ cmd: 'fs_read', path: `${home}/granted/file` })).toMatchObject({ code: 'denied' });
  expect(audit.entries).toMatchObject([{ type: 'decision', effect: 'deny', policy: 'hash 1' }]);
});

test('a right that is given while links are looked up counts', async () => {
  const { ask, audit, home } = await makeWorld({ changed: () => changing([DENYING, ALLOWING]) });
  expect(await ask({ cmd: 'fs_read', path: `${home}/granted/file` })).toMatchObject({ ok: true });
  expect(audit.decisions()).toMatchObject([{ effect: 'allow', policy: 'hash 1' }]);
});

test('permissions that never hold still allow nothing, and the answer says to try again', async () => {
  const { ask, audit, home } = await makeWorld({
    changed: () => changing(Array.from({ length: 100 }, () => ({ ...ALLOWING }))),
  });
  expect(await ask({ cmd: 'fs_read', path: `${home}/granted/file` })).toMatchObject({ code: 'busy' });
  expect(audit.entries).toMatchObject([{ type: 'decision', action: 'fs_read', effect: 'deny', rule: null }]);
});

test('while a new permissions.yaml waits to be confirmed, the stricter of the two counts', async () => {
  for (const policies of [
    [ALLOWING, DENYING],
    [DENYING, ALLOWING],
  ]) {
    const rights = { policies, hash: 'both' };
    const { ask, home } = await makeWorld({ changed: () => ({ policies: () => rights }) });
    expect(await ask({ cmd: 'fs_read', path: `${home}/granted/file` })).toMatchObject({ code: 'denied' });
  }
});

test('a spoke that is gone from disk has no rights left', async () => {
  const nothing = { policies: [], hash: '' };
  const { ask, audit, home } = await makeWorld({ changed: () => ({ policies: () => nothing }) });
  for (const request of [
    { cmd: 'fs_read', path: `${home}/granted/file` },
    { cmd: 'notify', title: 'x' },
  ]) {
    expect(await ask(request)).toMatchObject({ code: 'denied' });
  }
  expect(audit.decisions().map(({ effect }) => effect)).toEqual(['deny', 'deny']);
});
