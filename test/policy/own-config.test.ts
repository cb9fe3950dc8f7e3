import { describe, expect, it } from 'vitest';
import { decide } from '../../core/policy/decide.ts';
import { askPath } from '../support/queries.ts';
import { compileManifest, compileOverrides, manifestText, rightsUnder } from '../support/rights.ts';

const OWN = '/opt/spokes/creds/creds.yaml';

/** The policy of a spoke that lies in /opt/spokes/creds, bundled or not. */
function policyOf({ bundled = true, manifest = '', overrides = '', strict = false } = {}) {
  const spoke = compileManifest(manifestText(manifest));
  const state = { inForce: compileOverrides(overrides), pending: null, problems: [] };
  return rightsUnder(bundled ? { ...spoke, bundled: true } : spoke, state, strict).policies[0];
}

describe('the configuration that came with a bundled spoke', () => {
  it('may be read without an entry, by a rule of the system', () => {
    expect(decide(policyOf(), askPath('fs_read', OWN))).toMatchObject({
      effect: 'allow',
      source: 'system',
      rule: { action: 'fs_read', effect: 'allow', source: 'system' },
      viaOverride: false,
    });
    expect(decide(policyOf(), askPath('fs_read', OWN, { found: 'missing' })).effect).toBe('allow');
  });

  it('is decided by the entry that covers it, where there is one', () => {
    const policy = policyOf({ overrides: `creds: {fs_read: [${OWN}]}` });
    expect(decide(policy, askPath('fs_read', OWN))).toMatchObject({ effect: 'allow', viaOverride: true });
  });

  it.each(['deny', 'ask'] as const)('%s of the user counts all the same', (effect) => {
    const policy = policyOf({ overrides: `creds: {${effect}: {fs_read: [/opt/**]}}` });
    expect(decide(policy, askPath('fs_read', OWN)).effect).toBe(effect);
  });

  it.each<[string, Parameters<typeof askPath>]>([
    ['to be written', ['fs_write', OWN]],
    ['where it is a link that leads out', ['fs_read', OWN, { real: '/home/ada/.ssh/id_rsa' }]],
    ['where it is a directory', ['fs_read', OWN, { found: 'directory' }]],
    ['for the files beside it', ['fs_read', '/opt/spokes/creds/main.mjs']],
    ['for files of the kernel', ['fs_read', OWN, { kernelFs: 'procfs' }]],
  ])('is not opened %s', (_, question) => {
    expect(decide(policyOf(), askPath(...question)).effect).toBe('deny');
  });

  it('of any other spoke needs an entry', () => {
    expect(decide(policyOf({ bundled: false }), askPath('fs_read', OWN))).toMatchObject({
      effect: 'deny',
      reason: 'no rule allows it',
    });
  });

  it('is not opened while no permissions.yaml could ever be trusted', () => {
    const spoke = { ...compileManifest(manifestText()), bundled: true } as const;
    const [closed] = rightsUnder(spoke, { inForce: null, pending: null, problems: [] }).policies;
    expect(decide(closed, askPath('fs_read', OWN)).effect).toBe('deny');
  });
});
