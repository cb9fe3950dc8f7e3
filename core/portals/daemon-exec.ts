import type { CommandTarget } from '../../schemas/decision.ts';
import { AxiumError } from '../errors.ts';
import { type Portal, type Reply, resolved, type Subject } from './portal.ts';
import { type CommandPowers, resolveCommand } from './resolve-command.ts';

/** What a finished command left behind. */
export interface Finished {
  /** `failed` where it could not be started. */
  readonly end: string;
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
  readonly truncated: boolean;
}

/** Starts commands; throws `busy` where the spoke has as many as it may. */
export interface CommandRunner {
  readonly start: (
    subject: Subject,
    target: CommandTarget,
  ) => { readonly id: string; readonly finished: Promise<Finished> };
}

export interface ExecPowers extends CommandPowers {
  readonly runner: CommandRunner;
  /** Whether the commands of a spoke are to see no more of the system than the spoke's own paths. */
  readonly isScoped: (spoke: string) => boolean;
}

/** Runs one program for a spoke, without a shell, from exactly the words on which it was decided. */
export function daemonExecPortal(powers: ExecPowers): Portal<'daemon_exec', CommandTarget> {
  return {
    action: 'exec',
    resource: ({ command }) => (typeof command === 'string' ? command : command.map(quoted).join(' ')),
    async resolve({ command }) {
      const target = await resolveCommand(powers, command);
      return resolved(target, target);
    },
    async perform({ handle: target }, { mode }, subject) {
      if (powers.isScoped(subject.spoke)) {
        throw new AxiumError(
          'unavailable',
          'exec_profile: scoped cannot be given yet, and nothing wider is run instead',
        );
      }
      // Looked up while resolving: between the record and the start nothing is waited for.
      if (target.missing) throw new AxiumError('not_found', `there is no program '${target.argv[0]}' here`);
      const job = powers.runner.start(subject, target);
      if (mode === 'background') return { job: job.id } satisfies Reply;
      const { timedOut, end, ...finished } = await job.finished;
      if (end === 'failed') throw new AxiumError('failed', `${target.argv[0]} could not be started`);
      return { job: job.id, ...finished, timed_out: timedOut } satisfies Reply;
    },
  };
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
