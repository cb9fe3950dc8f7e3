import { declaredRights } from '../../core/policy/consent.ts';
import { compileLayer, type Remark } from '../../core/policy/layer.ts';
import type { Guard, Policy } from '../../core/policy/policy.ts';
import { validate } from '../../core/registry/explain-issue.ts';
import { parseHostPolicy } from '../../core/registry/load-host-policy.ts';
import type { LoadedManifest } from '../../core/registry/load-manifest.ts';
import { type LoadedOverrides, parseOverrides } from '../../core/registry/load-overrides.ts';
import type { OverridesState } from '../../core/registry/overrides-file.ts';
import { InvalidFile } from '../../core/registry/problem.ts';
import { createRights, type SpokeRights } from '../../core/registry/rights.ts';
import { parseYaml } from '../../core/registry/yaml-document.ts';
import { manifestSchema } from '../../schemas/manifest.ts';

export const HOME = '/home/ada';

/** Where Axium's own files lie in the tests of decisions. */
export const GUARD: Guard = {
  neverWrite: [
    `${HOME}/.config/axium`,
    `${HOME}/.local/state/axium`,
    '/run/user/1000/axium',
    '/opt/spokes/creds',
  ],
  home: HOME,
};

/** The text of a `spoke.yaml` whose `permissions` section is the given one. */
export function manifestText(permissions = ''): string {
  const section = permissions === '' ? '' : `permissions:\n${permissions.replace(/^(?=.)/gm, '  ')}\n`;
  return `name: creds\nentrypoint: main:register\n${section}`;
}

/** A spoke as it is loaded, from the text of its manifest alone. */
export function compileManifest(text: string): LoadedManifest {
  const document = parseYaml('spoke.yaml', text);
  const checked = validate(document, manifestSchema);
  if ('problems' in checked) throw new InvalidFile(checked.problems);
  const { layer, problems, warnings } = compileLayer({
    block: checked.value.permissions,
    source: 'base',
    locate: (path) => document.locate(['permissions', ...path]),
    expansion: { home: HOME },
  });
  if (problems.length > 0) {
    throw new InvalidFile(problems.map(({ origin, message }) => document.problemAt(origin, message)));
  }
  return {
    manifest: checked.value,
    file: 'spoke.yaml',
    directory: '/opt/spokes/creds',
    module: 'main.mjs',
    function: 'register',
    base: layer,
    warnings,
    text,
    fingerprint: '',
  };
}

export function compileOverrides(text: string, env: Readonly<Record<string, string>> = {}): LoadedOverrides {
  return parseOverrides('permissions.yaml', text, { home: HOME, env });
}

export interface RightsOfText {
  readonly manifest: string;
  readonly overrides?: string;
  readonly strict?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  /** The manifest that its user consented to; without one all that is declared counts. */
  readonly consented?: string | undefined;
  /** The policy of the host; several where a new one is not confirmed yet. */
  readonly policies?: readonly string[];
}

/** What a spoke may do under these texts, compiled and merged as the daemon does it. */
export function compileRights(texts: RightsOfText): {
  readonly policy: Policy;
  readonly warnings: readonly Remark[];
} {
  const { manifest, overrides = '', strict = false, env = {}, consented, policies: hosts = [] } = texts;
  const spoke = compileManifest(manifest);
  const loaded = compileOverrides(overrides, env);
  const inForce = hosts.map((text) => parseHostPolicy('policy.yaml', text, HOME));
  const rights = consented === undefined ? null : declaredRights(compileManifest(consented).base);
  const state: OverridesState = { inForce: loaded, pending: null, problems: [] };
  const { policies } = createRights({
    strict: () => strict || inForce.some((policy) => policy.strict),
    guard: () => GUARD,
    overrides: () => state,
    consent: () => rights && { rights, code: null, directory: null, at: null },
    host: () => ({ inForce, problems: [], closed: null }),
  }).of(spoke);
  return { policy: policies[0], warnings: [...spoke.warnings, ...[...loaded.warnings.values()].flat()] };
}

export function rightsUnder(spoke: LoadedManifest, state: OverridesState, strict = false): SpokeRights {
  return createRights({ strict: () => strict, guard: () => GUARD, overrides: () => state }).of(spoke);
}
