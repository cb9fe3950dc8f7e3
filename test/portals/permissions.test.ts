import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { describePolicy } from '../../core/policy/describe.ts';
import { getPermissionsPortal, loadPermissionsPortal } from '../../core/portals/permissions.ts';
import { REQUESTS } from '../../schemas/wire.ts';
import { NOW } from '../support/queries.ts';
import { compileRights, manifestText } from '../support/rights.ts';
import { run } from './support/run-portal.ts';

/** What is known of a spoke's rights: the manifest, and once it is read anew the override as well. */
function source(permissions: string, overrides: string) {
  const manifest = manifestText(permissions);
  let { policy } = compileRights({ manifest });
  const asked: string[] = [];
  return {
    asked,
    now: () => NOW,
    effective: (spoke: string) => {
      asked.push(`effective ${spoke}`);
      return describePolicy(policy);
    },
    reload: async (spoke: string) => {
      asked.push(`reload ${spoke}`);
      // As files do, this takes a while: who answers without waiting for it tells what was there before.
      await setImmediate();
      policy = compileRights({ manifest, overrides }).policy;
    },
  };
}

const DECLARED = 'exec: true\nnotify: true\nfs_read: [~/.aws/credentials]';
const OVERRIDE = 'creds:\n  exec: [aws sso ...]\n  fs_read: [/etc/hosts]\n  deny: {fs_read: [~/.aws/*]}\n';

test('a spoke is told its effective rights in the shape of its manifest, and not where they come from', async () => {
  const known = source(DECLARED, OVERRIDE);
  expect(await run(getPermissionsPortal(known), 'get_permissions')).toEqual({
    permissions: {
      exec: true,
      notify: true,
      net: false,
      facts: false,
      fs_read: ['~/.aws/credentials'],
      fs_write: [],
      privileged: [],
    },
  });
  expect(known.asked).toEqual(['effective creds']);
});

test('after loading anew it is told what the files say now, base before override', async () => {
  const known = source(DECLARED, OVERRIDE);
  expect(await run(loadPermissionsPortal(known), 'load_spoke_permissions')).toEqual({
    permissions: {
      exec: ['aws sso ...'],
      notify: true,
      net: false,
      facts: false,
      fs_read: ['~/.aws/credentials', '/etc/hosts'],
      fs_write: [],
      privileged: [],
    },
  });
  expect(known.asked).toEqual(['reload creds', 'effective creds']);
});

test('whose rights are told is never taken from the request', async () => {
  const known = source(DECLARED, OVERRIDE);
  await run(getPermissionsPortal(known), 'get_permissions', { spoke: 'other' });
  await run(loadPermissionsPortal(known), 'load_spoke_permissions', { spoke: 'other' });
  expect(known.asked).toEqual(['effective creds', 'reload creds', 'effective creds']);
});

test('no rights can be handed in', () => {
  for (const cmd of ['get_permissions', 'load_spoke_permissions'] as const) {
    expect(REQUESTS[cmd].safeParse({ id: 1, cmd, permissions: { exec: true } }).success).toBe(false);
  }
});

test('a right that expires between two questions is not told in the second', async () => {
  const { policy } = compileRights({
    manifest: manifestText('fs_read: [{path: ~/on, expires: 2030-01-02T00:00:00Z}]'),
  });
  const rights = describePolicy(policy);
  let now = NOW;
  const portal = getPermissionsPortal({ effective: () => rights, now: () => now });
  expect(await run(portal, 'get_permissions')).toMatchObject({ permissions: { fs_read: ['~/on'] } });
  now = Date.parse('2030-01-02T00:00:00Z');
  expect(await run(portal, 'get_permissions')).toMatchObject({ permissions: { fs_read: [] } });
});

test.each([
  { request: 'get_permissions', portalOf: getPermissionsPortal },
  { request: 'load_spoke_permissions', portalOf: loadPermissionsPortal },
] as const)(
  'rights of which none expires are put into words once: $request',
  async ({ request, portalOf }) => {
    const { policy } = compileRights({ manifest: manifestText('fs_read: [~/on]') });
    const rights = describePolicy(policy);
    let looks = 0;
    const now = () => {
      looks += 1;
      return NOW;
    };
    const portal = portalOf({ effective: () => rights, reload: async () => {}, now });
    const [first, second] = [await run(portal, request), await run(portal, request)];
    expect(second).toEqual(first);
    expect(looks).toBe(1);
  },
);

test('a spoke is told nothing of an entry that has expired', async () => {
  const entries =
    '[{path: ~/over, expires: 2029-12-31T00:00:00Z}, {path: ~/on, expires: 2030-01-02T00:00:00Z}]';
  const known = source(`fs_read: ${entries}`, '');
  expect(await run(getPermissionsPortal(known), 'get_permissions')).toMatchObject({
    permissions: { fs_read: ['~/on'] },
  });
});
