import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from '../../core/policy/decide.ts';
import { matchingRules } from '../../core/policy/matching-rules.ts';
import { overridesData, permissionBlock, question } from '../support/arbitrary-rights.ts';
import { askExec, askPath } from '../support/queries.ts';
import { compileRights, manifestText } from '../support/rights.ts';

const shown = (manifest: string, overrides: string, query: Parameters<typeof matchingRules>[1]) =>
  matchingRules(compileRights({ manifest: manifestText(manifest), overrides }).policy, query).map(
    ({ effect, pattern, source }) => `${effect} ${pattern} (${source})`,
  );

describe('every rule that matches is told, not only the one that decides', () => {
  it('of a path: denials, questions and allowances, wherever they are written', () => {
    const overrides =
      '"*":\n  deny:\n    fs_read: [/srv/a/*]\ncreds:\n  ask:\n    fs_read: [/srv/**]\n  fs_read: [/srv/a/b, /srv/c]\n';
    expect(shown('fs_read: [/srv/**]', overrides, askPath('fs_read', '/srv/a/b'))).toEqual([
      'deny /srv/a/* (override)',
      'ask /srv/** (override)',
      'allow /srv/** (base)',
      'allow /srv/a/b (override)',
    ]);
  });

  it('of a command', () => {
    const overrides = 'creds:\n  exec: [git ..., git log, aws ...]\n  deny:\n    exec: [git log ...]\n';
    expect(shown('', overrides, askExec(['/usr/bin/git', 'log']))).toEqual([
      'deny git log ... (override)',
      'allow git ... (override)',
      'allow git log (override)',
    ]);
  });

  it('where something built in decides, and for a wildcard that does not open what code persists through', () => {
    const path = '/home/ada/.bashrc';
    expect(shown('fs_write: [/home/ada/*]', '', askPath('fs_write', path))).toEqual([
      'allow /home/ada/* (base)',
    ]);
    expect(
      shown('fs_read: [/proc/**]', '', askPath('fs_read', '/proc/1/environ', { kernelFs: 'procfs' })),
    ).toEqual(['allow /proc/** (base)']);
  });

  it('what has expired does not match', () => {
    const manifest = "fs_read: [{path: /srv/a, expires: '2029-01-01T00:00:00Z'}]";
    expect(shown(manifest, '', askPath('fs_read', '/srv/a'))).toEqual([]);
  });
});

it('the rule of an entry that decides is always among those that match', () => {
  fc.assert(
    fc.property(permissionBlock, overridesData, question, (base, sections, query) => {
      const { policy } = compileRights({
        manifest: manifestText(JSON.stringify(base)),
        overrides: JSON.stringify(sections),
      });
      const { rule } = decide(policy, query);
      const isEntry =
        rule !== null && rule.source !== 'system' && !['true', 'false', 'ask'].includes(rule.pattern);
      if (isEntry) expect(matchingRules(policy, query)).toContain(rule);
      // And where none matches and nothing else is said, nothing is allowed.
      if (matchingRules(policy, query).length === 0 && rule === null)
        expect(decide(policy, query).effect).toBe('deny');
    }),
    { numRuns: 250 },
  );
});
