import { LEVELS } from '../schemas/config.ts';
import type { Floor } from './confinement.ts';
import type { RecordEvent } from './open-state.ts';
import type { Permissions } from './permissions.ts';
import type { Powers } from './powers.ts';
import type { HostPolicyKeeper } from './registry/host-policy-file.ts';
import { formatProblem } from './registry/problem.ts';
import { formatRemark } from './registry/spoke-permissions.ts';
import { watchFile } from './registry/watch.ts';

export interface FollowHostPolicyInput {
  readonly powers: Powers;
  readonly host: HostPolicyKeeper;
  readonly permissions: Pick<Permissions, 'noticeSpokes'>;
  readonly recordEvent: RecordEvent;
  /** Which spokes may run, or how, has changed. */
  readonly onSpokes: () => Promise<void>;
  readonly onDefect: (error: unknown, where: string) => void;
}

/** Characters of a problem that a record keeps. */
const MAX_PROBLEM = 500;

/** Has the policy of this host count as soon as it is saved. Returns what ends it. */
export async function followHostPolicy(input: FollowHostPolicyInput): Promise<() => void> {
  const { powers, host, permissions, recordEvent, onSpokes, onDefect } = input;
  const tell = () => {
    const { inForce, problems } = host.state;
    for (const problem of problems) powers.log.error(formatProblem(problem));
    for (const remark of inForce.flatMap(({ warnings }) => warnings)) powers.log.warn(formatRemark(remark));
    const [first] = problems.map(formatProblem);
    if (first === undefined) return;
    recordEvent('host_policy_refused', null, { problem: first.split('\n')[0]?.slice(0, MAX_PROBLEM) });
  };
  host.listen((state, before) => {
    tell();
    if (state.inForce === before.inForce && state.closed === before.closed) return;
    // What it takes away is gone before anything else is looked at.
    permissions.noticeSpokes();
    if (state.inForce.length < 2) recordEvent('host_policy_changed', null, { file: host.file });
    onSpokes().catch((error: unknown) => onDefect(error, host.file));
  });
  tell();
  const refresh = () => void host.refresh().catch((error: unknown) => onDefect(error, host.file));
  return watchFile(powers, host.file, refresh, (error) => onDefect(error, 'watch'));
}

/** The strongest confinement that what is in force requires. */
export function floorOf({ state, file }: HostPolicyKeeper): Floor {
  const required = state.inForce.flatMap(({ require }) => require ?? []);
  return { require: LEVELS.find((level) => required.includes(level)) ?? null, file };
}
