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

export interface ContainmentInput {
  readonly uid: number;
  /** The directory of the daemon's sockets, by its real path: commands find an empty one in its place. */
  readonly run: string;
  /** Places that commands may read and not write, by their real paths; asked for each command. */
  readonly readOnly: () => readonly string[];
}

/** Makes what runs a command held together, for one start. */
export type Contain = (
  argv: readonly string[],
  cwd: string,
) => Pick<CommandInput, 'argv' | 'group' | 'launcher'>;

/**
 * Runs a command in a pid namespace of its own, with the whole system as it is but for the daemon's own directories: it
 * cannot reach the control socket, nor change what was decided or recorded, what spokes say of themselves and are made of,
 * or what lies above these.
 */
export function inNamespace({ uid, run, readOnly }: ContainmentInput): Contain {
  // Root needs no user namespace for this, and in one would not be root to the rest of the system.
  // Without these it cannot take the masks off either.
  const masks = ['CAP_SYS_ADMIN', 'CAP_SYS_PTRACE', 'CAP_SYS_MODULE'];
  const user = uid === 0 ? masks.flatMap((capability) => ['--cap-drop', capability]) : ['--unshare-user'];
  return (argv, cwd) => ({
    argv: [
      BWRAP,
      ...user,
      ...['--unshare-pid', '--die-with-parent', '--new-session', '--dev-bind', '/', '/', '--proc', '/proc'],
      ...protectedMounts({ readOnly: readOnly(), hidden: [run] }),
      ...['--tmpfs', run, '--remount-ro', run],
      ...['--chdir', cwd, '--json-status-fd', '3', '--', ...argv],
    ],
    launcher: { descriptors: ['pipe'], attach: ([status]) => followStatus(status as Readable | null) },
  });
}

/** Runs a command as it is; its process group is all that there is to end. */
export const inGroup: Contain = (argv) => ({ argv });

/** Finds out, by doing it, whether commands can have a namespace here. */
export async function chooseContainment(
  powers: Pick<Powers, 'files' | 'spawn' | 'signal' | 'clock'>,
  input: ContainmentInput,
): Promise<{ readonly containment: Exclude<Containment, 'cgroup'>; readonly contain: Contain }> {
  const contain = inNamespace(input);
  const there = await requireProgram(powers, BWRAP).then(
    () => true,
    () => false,
  );
  if (!there) return { containment: 'group', contain: inGroup };
  const command = runCommand(powers, {
    ...contain(['/bin/true'], '/'),
    env: {},
    cwd: '/',
    limits: { timeoutMs: 10_000, maxOutput: 4096 },
  });
  const { code } = await command.finished;
  return code === 0 ? { containment: 'namespace', contain } : { containment: 'group', contain: inGroup };
}
