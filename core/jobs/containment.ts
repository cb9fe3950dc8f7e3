import type { Readable } from 'node:stream';
import { BWRAP, requireProgram } from '../host-programs.ts';
import type { Powers } from '../powers.ts';
import { followStatus } from './launcher-status.ts';
import { protectedMounts } from './protected-mounts.ts';
import { type CommandInput, runCommand } from './run-command.ts';

/**
 * What holds the processes of a command together: `namespace` ends all of them whatever they did, `cgroup` those that did
 * not set out to leave it, and `group` misses those that left the process group.
 */
export type Containment = 'namespace' | 'cgroup' | 'group';

/**
 * What keeps a command from making namespaces of its own: in a user namespace it could let go of the mounts that hold
 * Axium's own places, and put others in their place. `count` allows none to be made, `filter` no call that makes one.
 */
export type NamespaceHold = 'count' | 'filter' | 'nothing';

export interface ContainmentInput {
  readonly uid: number;
  /** The directory of the daemon's sockets, by its real path: commands find an empty one in its place. */
  readonly run: string;
  /** Places that commands may read and not write, by their real paths; asked for each command. */
  readonly readOnly: () => readonly string[];
  /** Opens the filter of host commands anew; the descriptor is closed here. Absent where the processor has none. */
  readonly openFilter?: () => number;
}

/**
 * Makes what runs a command held together, for one start. `done` is called once that has been tried. With `free` the
 * command may make namespaces of its own.
 */
export type Contain = (
  argv: readonly string[],
  cwd: string,
  setting?: { readonly free: boolean },
) => Pick<CommandInput, 'argv' | 'group' | 'launcher'> & { readonly done?: () => void };

type ContainPowers = Pick<Powers, 'files' | 'filesNow' | 'spawn' | 'signal' | 'clock'>;

/** Descriptors of the launcher, the first that it has beside the three of the command. */
const FD = { status: 3, filter: 4 } as const;

/**
 * Runs a command in a pid namespace of its own, with the whole system as it is but for the daemon's own directories: it
 * cannot reach the control socket, nor change what was decided or recorded, what spokes say of themselves and are made of,
 * or what lies above these.
 */
export function inNamespace(
  { filesNow }: Pick<Powers, 'filesNow'>,
  { uid, run, readOnly, openFilter }: ContainmentInput,
  hold: NamespaceHold,
): Contain {
  // Root needs no user namespace for this, and in one would not be root to the rest of the system.
  // Without these it cannot take the masks off either.
  const masks = ['CAP_SYS_ADMIN', 'CAP_SYS_PTRACE', 'CAP_SYS_MODULE'];
  const user = uid === 0 ? masks.flatMap((capability) => ['--cap-drop', capability]) : ['--unshare-user'];
  return (argv, cwd, { free } = { free: false }) => {
    const filter = hold === 'filter' && !free ? openFilter?.() : undefined;
    return {
      argv: [
        BWRAP,
        ...user,
        ...(hold === 'count' && !free ? ['--disable-userns'] : []),
        ...['--unshare-pid', '--die-with-parent', '--new-session', '--dev-bind', '/', '/', '--proc', '/proc'],
        ...protectedMounts({ readOnly: readOnly(), hidden: [run] }),
        ...['--tmpfs', run, '--remount-ro', run],
        ...(filter === undefined ? [] : ['--seccomp', String(FD.filter)]),
        ...['--chdir', cwd, '--json-status-fd', String(FD.status), '--', ...argv],
      ],
      launcher: {
        descriptors: filter === undefined ? ['pipe'] : ['pipe', filter],
        attach: ([status]) => followStatus(status as Readable | null),
      },
      ...(filter === undefined ? {} : { done: () => filesNow.closeSync(filter) }),
    };
  };
}

/** Runs a command as it is; its process group is all that there is to end. */
export const inGroup: Contain = (argv) => ({ argv });

export interface ChosenContainment {
  readonly containment: Exclude<Containment, 'cgroup'>;
  readonly contain: Contain;
  readonly hold: NamespaceHold;
}

/** Finds out, by doing it, whether commands can have a namespace here, and what keeps them from further ones. */
export async function chooseContainment(
  powers: ContainPowers,
  input: ContainmentInput,
): Promise<ChosenContainment> {
  const inAGroup = { containment: 'group', contain: inGroup, hold: 'nothing' } as const;
  const there = await requireProgram(powers, BWRAP).then(
    () => true,
    () => false,
  );
  if (!there) return inAGroup;
  for (const hold of holdsFor(input)) {
    const contain = inNamespace(powers, input, hold);
    if (await works(powers, contain)) return { containment: 'namespace', contain, hold };
  }
  return inAGroup;
}

/** The count ends no program of another architecture, as a filter does; root has no user namespace to count in. */
function holdsFor({ uid, openFilter }: ContainmentInput): readonly NamespaceHold[] {
  return [
    ...(uid === 0 ? [] : (['count'] as const)),
    ...(openFilter ? (['filter'] as const) : []),
    'nothing',
  ];
}

async function works(powers: ContainPowers, contain: Contain): Promise<boolean> {
  const { done, ...held } = contain(['/bin/true'], '/');
  const limits = { timeoutMs: 10_000, maxOutput: 4096 };
  try {
    const command = runCommand(powers, { ...held, env: {}, cwd: '/', limits });
    return (await command.finished).code === 0;
  } finally {
    done?.();
  }
}
