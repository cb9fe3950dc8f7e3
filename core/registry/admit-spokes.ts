import { formatOrigin } from '../../schemas/decision.ts';
import type { Powers } from '../powers.ts';
import { hashCode } from './code-hash.ts';
import type { Discovery } from './discover.ts';
import type { HostPolicyState } from './host-policy-file.ts';
import type { HostPolicy } from './load-host-policy.ts';
import type { LoadedManifest } from './load-manifest.ts';
import { type Problem, wholeFile } from './problem.ts';

/** Of the spokes that were found those that the host lets run; the others are refused, with what says so. */
export async function admitSpokes(
  files: Powers['files'],
  host: HostPolicyState,
  { spokes, refused }: Discovery,
): Promise<Discovery> {
  const judged = await Promise.all(
    spokes.map(async (spoke) => ({ spoke, problem: await hostsObjection(files, host, spoke) })),
  );
  return {
    spokes: judged.filter(({ problem }) => problem === null).map(({ spoke }) => spoke),
    refused: [
      ...refused,
      ...judged.flatMap(({ spoke, problem }) =>
        problem === null ? [] : [{ directory: spoke.directory, problems: [problem] }],
      ),
    ],
  };
}

/** True where the host's word on a spoke is about its code, which can change after it was found. */
export function isPinned({ inForce }: HostPolicyState, name: string): boolean {
  return inForce.some(({ spokes }) => typeof spokes?.get(name)?.sha256 === 'string');
}

/** Why the host does not let a spoke run as it lies there now; null where it does. */
export async function hostsObjection(
  files: Powers['files'],
  { inForce }: HostPolicyState,
  spoke: LoadedManifest,
): Promise<Problem | null> {
  for (const policy of inForce) {
    const objection = await objectionOf(files, policy, spoke);
    if (objection !== null) return objection;
  }
  return null;
}

async function objectionOf(
  files: Powers['files'],
  { spokes, spokesOrigin }: HostPolicy,
  { manifest: { name }, file, directory }: LoadedManifest,
): Promise<Problem | null> {
  if (spokes === null) return null;
  const allowed = spokes.get(name);
  if (allowed === undefined) {
    const message = `this host does not let '${name}' run: ${formatOrigin(spokesOrigin)} names those that may`;
    return wholeFile(file, message);
  }
  if (allowed.sha256 === null) return null;
  const found = await hashCode(files, directory);
  if (found === allowed.sha256) return null;
  const what = found === null ? 'files that cannot all be hashed' : `code of the hash ${found}`;
  return wholeFile(
    directory,
    `expected the code that ${formatOrigin(allowed.origin)} names by its hash, found ${what}`,
  );
}
