import type { SpokePermissions } from '../../../schemas/control-shown.ts';
import type { RuleSource } from '../../../schemas/decision.ts';
import type { Effective, ListedEntry } from '../../../schemas/effective.ts';

export function said<T>(value: T, source: RuleSource = 'base') {
  return { value, source, origin: source === 'base' ? '/spokes/x/spoke.yaml:6:9' : '/permissions.yaml:2:9' };
}

export function entry(
  pattern: string,
  source: RuleSource = 'base',
  more: Partial<ListedEntry> = {},
): ListedEntry {
  return { pattern, source, origin: '/spokes/x/spoke.yaml:8:5', expires: null, reason: null, ...more };
}

const NOTHING: Effective = {
  exec: { ...said(false), commands: [] },
  notify: said(false),
  net: said(false),
  facts: said(false),
  fs_read: [],
  fs_write: [],
  exec_profile: said('host' as const),
  privileged: [],
  restrictions: [],
  ceilings: [],
  withheld: [],
  overridden: false,
  open: true,
  closed_because: null,
};

/** The rights of a spoke: nothing, but for what is given. */
export function rights(
  name: string,
  version: string,
  effective: Partial<Effective> = {},
  more: Partial<SpokePermissions> = {},
): SpokePermissions {
  return {
    name,
    version,
    effective: { ...NOTHING, ...effective },
    override_source: null,
    level: 'strong',
    warnings: [],
    ...more,
  };
}
