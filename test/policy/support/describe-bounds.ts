import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide, type Query } from '../../../core/policy/decide.ts';
import { EFFECTS } from '../../../schemas/decision.ts';
import { LOCKABLE } from '../../../schemas/host-policy.ts';
import { overrideBlock, overridesData, permissionBlock, question } from '../../support/arbitrary-rights.ts';
import { compileRights, manifestText, type RightsOfText } from '../../support/rights.ts';

/** JSON is YAML: the data goes through the real parsers all the same. */
const manifest = permissionBlock.map((block) => manifestText(JSON.stringify(block)));
const overrides = overridesData.map((sections) => JSON.stringify(sections));
/** What a person is asked about needs no right beside, so that it is no override of a key. */
const unasking = overridesData.map((sections) =>
  JSON.stringify(sections, (key, value) => (key === 'ask' && typeof value === 'object' ? undefined : value)),
);
const hostPolicy = fc
  .record(
    {
      strict: fc.boolean(),
      locked: fc.subarray([...LOCKABLE]),
      ceilings: fc.record({ '*': overrideBlock, creds: overrideBlock }, { requiredKeys: [] }),
    },
    { requiredKeys: [] },
  )
  .map((policy) => JSON.stringify(policy));
/** Without strict mode, which drops what its user denied as well. */
const bounds = hostPolicy.map((policy) => JSON.stringify({ ...JSON.parse(policy), strict: false }));

const strictness = (texts: RightsOfText, query: Query) =>
  EFFECTS.indexOf(decide(compileRights(texts).policy, query).effect);

/** The claims about what a host's policy and consent can do, each in so many cases. */
export function describeBounds(numRuns: number): void {
  const RUNS = { numRuns };

  describe('the policy of a host', () => {
    it('never allows what would not be allowed without it', () => {
      fc.assert(
        fc.property(manifest, overrides, bounds, question, (spoke, user, host, query) => {
          const texts = { manifest: spoke, overrides: user };
          expect(strictness({ ...texts, policies: [host] }, query)).toBeGreaterThanOrEqual(
            strictness(texts, query),
          );
        }),
        RUNS,
      );
    });

    it('bounds in strict mode as well, whether that is its own or the user has turned it on', () => {
      fc.assert(
        fc.property(manifest, overrides, hostPolicy, question, (spoke, user, host, query) => {
          const strict = { manifest: spoke, overrides: user, strict: true };
          const bounded = strictness({ ...strict, policies: [host] }, query);
          expect(bounded).toBeGreaterThanOrEqual(strictness(strict, query));
          const itself = JSON.stringify({ ...JSON.parse(host), strict: true });
          expect(strictness({ ...strict, strict: false, policies: [itself] }, query)).toBe(bounded);
        }),
        RUNS,
      );
    });

    it('of which a new version waits to be confirmed, bounds in both versions', () => {
      fc.assert(
        fc.property(manifest, overrides, bounds, bounds, question, (spoke, user, one, other, query) => {
          const under = (...policies: string[]) =>
            strictness({ manifest: spoke, overrides: user, policies }, query);
          expect(under(one, other)).toBeGreaterThanOrEqual(Math.max(under(one), under(other)));
        }),
        RUNS,
      );
    });

    it('that bounds nothing changes nothing', () => {
      fc.assert(
        fc.property(manifest, overrides, question, (spoke, user, query) => {
          const texts = { manifest: spoke, overrides: user };
          const bounded = compileRights({ ...texts, policies: ['ceilings: {"*": {exec: true}}'] }).policy;
          expect(decide(bounded, query)).toEqual(decide(compileRights(texts).policy, query));
        }),
        RUNS,
      );
    });

    it('is no weaker for what an override says of a locked key', () => {
      fc.assert(
        fc.property(manifest, unasking, question, (spoke, user, query) => {
          const everything = JSON.stringify({ locked: [...LOCKABLE] });
          const locked = strictness({ manifest: spoke, overrides: user, policies: [everything] }, query);
          expect(locked).toBeGreaterThanOrEqual(strictness({ manifest: spoke }, query));
        }),
        RUNS,
      );
    });
  });

  describe('consent', () => {
    it('gives a spoke no more than it declares, and no more than was consented to', () => {
      fc.assert(
        fc.property(manifest, manifest, question, (declared, consented, query) => {
          const got = strictness({ manifest: declared, consented }, query);
          expect(got).toBeGreaterThanOrEqual(strictness({ manifest: declared }, query));
          expect(got).toBeGreaterThanOrEqual(strictness({ manifest: consented }, query));
        }),
        RUNS,
      );
    });

    it('never widens, whatever its user overrides', () => {
      fc.assert(
        fc.property(manifest, manifest, overrides, question, (declared, consented, user, query) => {
          const texts = { manifest: declared, overrides: user };
          expect(strictness({ ...texts, consented }, query)).toBeGreaterThanOrEqual(strictness(texts, query));
        }),
        RUNS,
      );
    });

    it('to what is declared changes nothing', () => {
      fc.assert(
        fc.property(manifest, overrides, question, (declared, user, query) => {
          const texts = { manifest: declared, overrides: user };
          const consented = compileRights({ ...texts, consented: declared }).policy;
          expect(decide(consented, query)).toEqual(decide(compileRights(texts).policy, query));
        }),
        RUNS,
      );
    });

    it('to nothing leaves what its user allows and what it refuses itself, and nothing else', () => {
      fc.assert(
        fc.property(permissionBlock, overrides, question, (block, user, query) => {
          // Nobody need consent to `exec: false`, and an `ask` of the user makes no question of what it refuses.
          const refused = manifestText(block.exec === false ? '{"exec":false}' : undefined);
          const declared = manifestText(JSON.stringify(block));
          expect(strictness({ manifest: declared, overrides: user, consented: manifestText() }, query)).toBe(
            strictness({ manifest: refused, overrides: user }, query),
          );
        }),
        RUNS,
      );
    });
  });
}
