import { type Anchors, matchesReal } from './match-path.ts';
import type { Policy } from './policy.ts';

/**
 * Whether a spoke of this policy could have put a link in this place: its scoped commands run as the user, and make
 * links in a directory that they were given. An entry without wildcards gives no directory, but a regular file. Told by
 * the same matching as a decision, with every link followed; what denials and expiries take away is not looked at, since
 * a link stays when the right to make it is gone. Pure.
 */
export function mayPlantLink(policy: Policy, path: string, anchors: Anchors): boolean {
  return policy.index.paths.fs_write
    .candidates(anchors, path)
    .some(({ pattern }) => !pattern.literal && matchesReal(pattern, path, anchors, 'any'));
}
