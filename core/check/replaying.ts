import type { Decision } from '../../schemas/decision.ts';
import { DEFAULT_PATH } from '../jobs/environment.ts';
import { decideStrictest, type Query } from '../policy/decide.ts';
import type { Policy } from '../policy/policy.ts';
import { createAnchorFinder } from '../registry/anchors.ts';
import type { LoadedOverrides } from '../registry/load-overrides.ts';
import { type RecordedRequest, recordedTarget } from './recorded.ts';
import type { OpenSite } from './site.ts';

/** A recorded request as it would be decided now. */
export interface Replayed {
  readonly query: Query;
  readonly policy: Policy;
  readonly decision: Decision;
}

/**
 * Decides recorded requests under a version of permissions.yaml, by the same code as ever, as if strict mode were off.
 * Null for what cannot be told: the spoke is not there, or the record does not say enough.
 */
export function replayUnder(
  open: OpenSite,
  overrides: LoadedOverrides,
): (request: RecordedRequest) => Promise<Replayed | null> {
  const { powers, home, book } = open;
  const rights = open.rightsUnder(overrides, false);
  const policiesOf = (name: string) => {
    const spoke = book.get(name);
    return spoke && rights.of(spoke).policies;
  };
  const everyPolicy = () => book.list().flatMap((spoke) => rights.of(spoke).policies);
  const findAnchors = createAnchorFinder(powers, everyPolicy);
  const path = book.config.exec.path ?? DEFAULT_PATH;
  return async (request) => {
    const policies = policiesOf(request.spoke);
    const target = policies && (await recordedTarget({ files: powers.files, home, path }, request));
    if (!policies || !target) return null;
    const [policy] = policies;
    const anchors = await findAnchors(policy);
    const query = { action: request.action, target, anchors, now: powers.clock.now() };
    return { query, policy, decision: decideStrictest(policies, query) };
  };
}
