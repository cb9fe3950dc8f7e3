import type { SpokePermissions } from '../schemas/control.ts';
import type { Containment } from './jobs/containment.ts';
import type { SpokeBook } from './registry/spoke-book.ts';
import type { Choice } from './sandbox/choose.ts';

/** How the daemon stands on this host. */
export interface Standing {
  readonly uid: number;
  /** How many threads it has for file access. */
  readonly fileThreads: number;
  readonly containment: Containment;
}

/** What a user should know of the daemon's own standing. */
export function hostNotes({ uid, fileThreads, containment }: Standing): readonly string[] {
  const root = 'the daemon runs as root, and so does every command that it runs for a spoke';
  const group =
    'commands have no namespace here: one that leaves its process group is not ended with its job';
  const cgroup =
    'commands have no namespace here, and are held by a cgroup: one that sets out to leave it is not ended with its job';
  const threads = `only ${fileThreads} accesses to files can go on at once, and a mount that hangs can hold all of them; start the daemon with UV_THREADPOOL_SIZE=64`;
  return [
    ...(uid === 0 ? [root] : []),
    ...(containment === 'group' ? [group] : []),
    ...(containment === 'cgroup' ? [cgroup] : []),
    ...(fileThreads < 16 ? [threads] : []),
  ];
}

/** What a user should know of how spokes are confined. */
export function spokeNotes(book: SpokeBook, choose: (spoke: string) => Choice): readonly string[] {
  return book.list().flatMap(({ manifest: { name } }) => {
    const { note } = choose(name);
    return note === null ? [] : [`spoke ${name}: ${note}`];
  });
}

/** The rights of a spoke, with what its user should know of how little holds it to them. */
export function withNote(spoke: SpokePermissions, { note }: Choice): SpokePermissions {
  return note === null ? spoke : { ...spoke, warnings: [...spoke.warnings, note] };
}
