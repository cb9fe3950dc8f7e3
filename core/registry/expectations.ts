import type { Decision, Origin, Target } from '../../schemas/decision.ts';
import { formatOrigin } from '../../schemas/decision.ts';
import type { Expectation } from '../../schemas/expectations.ts';
import { needsResource } from '../../schemas/needs-resource.ts';
import { hasControl } from '../../schemas/path-text.ts';
import { decide } from '../policy/decide.ts';
import type { Guard, Policy } from '../policy/policy.ts';
import type { LoadedManifest } from './load-manifest.ts';
import type { LoadedOverrides } from './load-overrides.ts';
import type { Problem } from './problem.ts';
import { createRights, type RightsInput } from './rights.ts';

/** A test that a file carries, and how to say at its place that it fails. */
export interface LoadedExpectation extends Expectation {
  readonly origin: Origin;
  readonly problem: (message: string) => Problem;
}

interface ExpectationsInput {
  readonly expectations: readonly LoadedExpectation[];
  /** What a spoke may do under the file that carries them, each way it is asked; empty for a spoke that is not there. */
  readonly policiesOf: (spoke: string) => Iterable<Policy>;
  readonly home: string;
  /** Milliseconds since the epoch, against which expiries count. */
  readonly now: number;
}

/** What counts of a spoke as long as its user has not looked at what waits. */
export type Standing = Required<Pick<RightsInput, 'consent' | 'closed'>>;

/**
 * What a version of permissions.yaml fails of what it expects, under the manifests as they are. Strict mode does not come
 * into it: the file is tested, whether it counts or not.
 *
 * What waits for consent is no reason to refuse a file: it is unmet only where it is with all that a spoke declares, and
 * with what counts of that. Otherwise a spoke could by asking for more keep its user from taking rights away.
 */
export function unmetExpectations(
  version: LoadedOverrides,
  spokes: { readonly get: (name: string) => LoadedManifest | undefined },
  { guard, now, standing }: { readonly guard: Guard; readonly now: number; readonly standing: Standing },
): readonly Problem[] {
  if (version.expectations.length === 0) return [];
  const overrides = { inForce: version, pending: null, problems: [] };
  const file = { strict: () => false, guard: () => guard, overrides: () => overrides };
  const ways = [createRights(file), createRights({ ...file, ...standing })];
  function* policiesOf(name: string) {
    const spoke = spokes.get(name);
    if (spoke) for (const rights of ways) yield rights.of(spoke).policies[0];
  }
  return brokenExpectations({ expectations: version.expectations, policiesOf, home: guard.home, now });
}

/**
 * The expectations that a file does not fulfil, each with what was decided instead. Told of the text alone, so that the
 * same file gives the same answer on every day and every disk: a path is taken for a regular file and no link, a command
 * for what it is called. What is expected of a spoke that is not there cannot be told, and is none. Pure.
 */
function brokenExpectations(input: ExpectationsInput): readonly Problem[] {
  const { expectations, policiesOf, home, now } = input;
  return expectations.flatMap((expectation) => {
    const { spoke, action, resource, effect } = expectation;
    let found: Decision | undefined;
    for (const policy of policiesOf(spoke)) {
      const target = targetOf(expectation, home);
      if (typeof target === 'string') return [expectation.problem(target)];
      const decision = decide(policy, { action, target, anchors: new Map(), now });
      if (decision.effect === effect) return [];
      found ??= decision;
    }
    if (found === undefined) return [];
    const what = `${spoke} ${action}${resource === undefined ? '' : ` ${resource}`}`;
    return [expectation.problem(`expected ${effect} of ${what}; found ${found.effect}: ${because(found)}`)];
  });
}

function because({ reason, rule }: Decision): string {
  return rule === null ? reason : `${reason} (${formatOrigin(rule.origin)})`;
}

/** What is asked for, from its text; a sentence where that is none. */
function targetOf({ action, resource = '' }: Expectation, home: string): Target | string {
  if (!needsResource(action)) return { kind: 'plain' };
  if (hasControl(resource)) return 'resource: expected no control characters';
  if (action === 'privileged') return { kind: 'privileged', action: resource, params: {}, argv: [] };
  if (action === 'exec') {
    const argv = resource.split(' ').filter((word) => word !== '');
    const [program] = argv;
    return program === undefined
      ? "resource: expected a command, like 'git log'"
      : { kind: 'command', argv, names: [program] };
  }
  const path = resource === '~' || resource.startsWith('~/') ? home + resource.slice(1) : resource;
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (!path.startsWith('/') || parts.includes('..'))
    return "resource: expected an absolute path, or one that begins with '~/', without '..'";
  const asked = `/${parts.join('/')}`;
  return { kind: 'path', asked, real: asked, found: 'file', kernelFs: null };
}
