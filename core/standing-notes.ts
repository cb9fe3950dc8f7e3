import type { SpokePermissions } from '../schemas/control-shown.ts';
import type { Containment, NamespaceHold } from './jobs/containment.ts';
import type { Policy } from './policy/policy.ts';
import type { HostPolicyState } from './registry/host-policy-file.ts';
import type { LoadedManifest } from './registry/load-manifest.ts';
import type { OverridesState } from './registry/overrides-file.ts';
import { formatProblem } from './registry/problem.ts';
import type { SpokeBook } from './registry/spoke-book.ts';
import type { Choice } from './sandbox/choose.ts';

/** How the daemon stands on this host. */
export interface Standing {
  readonly uid: number;
  /** How many threads it has for file access. */
  readonly fileThreads: number;
  readonly containment: Containment;
  /** What keeps commands from making namespaces of their own. */
  readonly hold: NamespaceHold;
}

/** What a user should know of the daemon's own standing. */
export function hostNotes({ uid, fileThreads, containment, hold }: Standing): readonly string[] {
  const root = 'the daemon runs as root, and so does every command that it runs for a spoke';
  const group =
    'commands have no namespace here: one that leaves its process group is not ended with its job';
  const cgroup =
    'commands have no namespace here, and are held by a cgroup: one that sets out to leave it is not ended with its job';
  const free =
    "commands can make namespaces of their own here, and change Axium's own files in them; install bubblewrap 0.8 or newer";
  const threads = `only ${fileThreads} accesses to files can go on at once, and a mount that hangs can hold all of them; start the daemon with UV_THREADPOOL_SIZE=64`;
  return [
    ...(uid === 0 ? [root] : []),
    ...(containment === 'group' ? [group] : []),
    ...(containment === 'cgroup' ? [cgroup] : []),
    ...(containment === 'namespace' && hold === 'nothing' ? [free] : []),
    ...(fileThreads < 16 ? [threads] : []),
  ];
}

/** What a user should know of how spokes are confined. */
export function spokeNotes(book: SpokeBook, choose: (spoke: string) => Choice): readonly string[] {
  return book.list().flatMap(({ manifest: { name } }) => {
    return notesOf(choose(name), isFree(book, name)).map((note) => `spoke ${name}: ${note}`);
  });
}

/** What a user should know of the policy of their host. */
export function hostPolicyNotes(
  { inForce, problems, closed }: HostPolicyState,
  file: string,
): readonly string[] {
  const told = problems.map((problem) => formatProblem(problem).split('\n')[0]);
  if (closed !== null)
    return [
      `nothing is allowed beyond the HUD, since the policy of this host is not valid: ${told.join('; ')}`,
    ];
  return [
    ...(inForce.length > 0 ? [`the policy of this host is in force: ${file}`] : []),
    ...(problems.length > 0
      ? [
          inForce.length > 0
            ? `the policy of this host is not taken as it is now, and what was in force stays: ${told.join('; ')}`
            : `the policy of this host is ignored, since it is not root's alone: ${told.join('; ')}`,
        ]
      : []),
  ];
}

/** What a user should know of their permissions.yaml. */
export function overridesNotes({ inForce, pending, problems }: OverridesState): readonly string[] {
  if (inForce === null)
    return ['permissions.yaml has never been valid, so spokes may do nothing beyond the HUD'];
  if (problems.length > 0 && pending === null)
    return ['permissions.yaml is not valid now; its last valid version is in force'];
  return pending === null
    ? []
    : ['permissions.yaml has changed: what it takes away counts, what it adds does not yet'];
}

/** Which spokes ask for more than their user consented to. */
export function waitingNotes(
  spokes: readonly LoadedManifest[],
  policiesOf: (spoke: LoadedManifest) => readonly Policy[],
): readonly string[] {
  return spokes
    .filter((spoke) => policiesOf(spoke).some(({ withheld }) => withheld.some(({ waits }) => waits)))
    .map(
      ({ manifest: { name } }) =>
        `spoke ${name} asks for more than you consented to: axium spoke review ${name}`,
    );
}

/** The rights of a spoke, with what its user should know of how little holds it to them. */
export function withNotes(spoke: SpokePermissions, book: SpokeBook, choice: Choice): SpokePermissions {
  return { ...spoke, warnings: [...spoke.warnings, ...notesOf(choice, isFree(book, spoke.name))] };
}

function notesOf({ note }: Choice, free: boolean): readonly string[] {
  return [...(note === null ? [] : [note]), ...(free ? [FREE_NOTE] : [])];
}

/** Whether the user lets the commands of a spoke make namespaces of their own. */
function isFree({ config }: SpokeBook, spoke: string): boolean {
  return config.exec.namespaces.includes(spoke);
}

const FREE_NOTE =
  "exec.namespaces of config.yaml names it: its commands may make namespaces of their own, in which they can change Axium's own files";
