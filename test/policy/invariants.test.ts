import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide, type Query } from '../../core/policy/decide.ts';
import { describePolicy } from '../../core/policy/describe.ts';
import type { Policy } from '../../core/policy/policy.ts';
import { EFFECTS } from '../../schemas/decision.ts';
import type { OverrideBlock, PermissionBlock } from '../../schemas/permissions.ts';
import {
  commandEntry,
  overridesData,
  pathEntry,
  permissionBlock,
  question,
} from '../support/arbitrary-rights.ts';
import {
  compileManifest,
  compileOverrides,
  compileRights,
  manifestText,
  rightsUnder,
} from '../support/rights.ts';

type Sections = Readonly<Partial<Record<'*' | 'creds', OverrideBlock>>>;
interface Said {
  readonly base: PermissionBlock;
  readonly sections: Sections;
}

const said: fc.Arbitrary<Said> = fc.record({ base: permissionBlock, sections: overridesData });

/** JSON is YAML: the data goes through the real parser all the same. */
function policyOf({ base, sections }: Said): Policy {
  return compileRights({
    manifest: manifestText(JSON.stringify(base)),
    overrides: JSON.stringify(sections),
  }).policy;
}

const strictness = (said: Said, query: Query) => EFFECTS.indexOf(decide(policyOf(said), query).effect);

const list = fc.constantFrom('fs_read' as const, 'fs_write' as const);
const section = fc.constantFrom('*' as const, 'creds' as const);
const switches = fc.constantFrom('notify' as const, 'net' as const, 'facts' as const);

const inSection = (
  said: Said,
  name: keyof Sections,
  change: (block: OverrideBlock) => OverrideBlock,
): Said => ({
  ...said,
  sections: { ...said.sections, [name]: change(said.sections[name] ?? {}) },
});

type Change = (before: Said) => Said;

/** Everything that can be written to allow more. */
const allowance: fc.Arbitrary<Change> = fc.oneof(
  fc.tuple(list, pathEntry).map(
    ([key, entry]): Change =>
      (before) => ({
        ...before,
        base: { ...before.base, [key]: [...(before.base[key] ?? []), entry] },
      }),
  ),
  fc.tuple(section, list, pathEntry, fc.boolean()).map(
    ([name, key, entry, first]): Change =>
      (before) =>
        inSection(before, name, (block) => ({
          ...block,
          [key]: first ? [entry, ...(block[key] ?? [])] : [...(block[key] ?? []), entry],
        })),
  ),
  switches.map(
    (key): Change =>
      (before) =>
        inSection(before, 'creds', (block) => ({ ...block, [key]: true })),
  ),
  fc.constant<Change>((before) => inSection(before, 'creds', (block) => ({ ...block, exec: true }))),
  commandEntry.map(
    (entry): Change =>
      (before) => {
        const last = before.sections.creds?.exec ?? before.sections['*']?.exec ?? before.base.exec ?? [];
        if (!Array.isArray(last)) return before;
        return inSection(before, 'creds', (block) => ({ ...block, exec: [...last, entry] }));
      },
  ),
);

/** Everything that can be written to allow less. */
const denial: fc.Arbitrary<Change> = fc.oneof(
  fc.tuple(section, list, pathEntry).map(
    ([name, key, entry]): Change =>
      (before) =>
        inSection(before, name, (block) => ({
          ...block,
          deny: { ...block.deny, [key]: [...(block.deny?.[key] ?? []), entry] },
        })),
  ),
  fc.tuple(section, commandEntry).map(
    ([name, entry]): Change =>
      (before) =>
        inSection(before, name, (block) => ({
          ...block,
          deny: { ...block.deny, exec: [...(block.deny?.exec ?? []), entry] },
        })),
  ),
  switches.map(
    (key): Change =>
      (before) =>
        inSection(before, 'creds', (block) => ({ ...block, [key]: false })),
  ),
  fc.constant<Change>((before) => inSection(before, 'creds', (block) => ({ ...block, exec: false }))),
);

describe('whatever is written', () => {
  it('adding an allow never denies', () => {
    fc.assert(
      fc.property(said, allowance, question, (before, change, query) => {
        expect(strictness(change(before), query)).toBeLessThanOrEqual(strictness(before, query));
      }),
      { numRuns: 500 },
    );
  });

  it('adding a deny never allows', () => {
    fc.assert(
      fc.property(said, denial, question, (before, change, query) => {
        expect(strictness(change(before), query)).toBeGreaterThanOrEqual(strictness(before, query));
      }),
      { numRuns: 500 },
    );
  });

  it('strict mode never depends on permissions.yaml', () => {
    const version = fc.option(overridesData.map((sections) => compileOverrides(JSON.stringify(sections))));
    fc.assert(
      fc.property(permissionBlock, version, version, question, (base, inForce, pending, query) => {
        const spoke = compileManifest(manifestText(JSON.stringify(base)));
        const alone = rightsUnder(spoke, { inForce: null, pending: null, problems: [] }, true);
        const strict = rightsUnder(spoke, { inForce, pending, problems: [] }, true);
        expect(strict.policies.map(describePolicy)).toEqual(alone.policies.map(describePolicy));
        expect(strict.hash).toBe(alone.hash);
        expect(decide(strict.policies[0], query)).toEqual(decide(alone.policies[0], query));
      }),
      { numRuns: 500 },
    );
  });

  it('a decision comes with the rule that made it, and says whether that is an override', () => {
    fc.assert(
      fc.property(said, question, (before, query) => {
        const { effect, rule, source, viaOverride } = decide(policyOf(before), query);
        expect(viaOverride).toBe(source === 'override');
        if (rule === null) expect(effect).toBe('deny');
        else expect([rule.effect, rule.source, rule.action]).toEqual([effect, source, query.action]);
      }),
      { numRuns: 500 },
    );
  });
});
