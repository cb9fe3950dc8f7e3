import type { CommandTarget } from '../../schemas/decision.ts';
import type { Scope } from '../../schemas/scope.ts';
import { AxiumError } from '../errors.ts';
import { type Portal, type Reply, resolved, type Subject } from './portal.ts';
import { type CommandPowers, resolveCommand } from './resolve-command.ts';
import { type ResolvedScope, resolveScope, type ScopePowers } from './resolve-scope.ts';
import { ScopeTurns } from './scope-turns.ts';
import { splitCommand } from './split-command.ts';
import { type OutputLine, type OutputStream, ToldOutput } from './tell-output.ts';

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

/**
 * Starts commands, with a scope such that they find nothing else. Once that is back, what the scope holds open is not
 * needed any more. Throws `busy` where the spoke has as many as it may.
 */
export interface CommandRunner {
  readonly start: (
    subject: Subject,
    target: CommandTarget,
    scope?: Scope,
    /** `onOutput` hears what the command writes, as far as it is kept. */
    options?: { readonly onOutput?: (stream: OutputStream, bytes: Buffer) => void },
  ) => { readonly id: string; readonly finished: Promise<Finished> };
}

export interface ExecPowers extends CommandPowers {
  readonly runner: CommandRunner;
  /** Whether the commands of a spoke are to see no more of the system than the spoke's own paths. */
  readonly isScoped: (spoke: string) => boolean;
  /** The line on which output is told as it comes; undefined where the process is gone. */
  readonly lineTo?: (subject: Subject) => OutputLine | undefined;
  /** Absent where this host cannot confine a command. */
  readonly scope?: ScopePowers;
}

/** A command that was looked up; `scope` is null where it sees what its user sees. */
interface Prepared {
  readonly target: CommandTarget;
  readonly scope: ResolvedScope | null;
}

/** Runs one program for a spoke, without a shell, from exactly the words on which it was decided. */
export function daemonExecPortal(powers: ExecPowers): Portal<'daemon_exec', Prepared> {
  const turns = new ScopeTurns();
  return {
    action: 'exec',
    resource: ({ command }) => (typeof command === 'string' ? command : command.map(quoted).join(' ')),
    async resolve({ command }, { spoke }) {
      const found = await resolveCommand(powers, command);
      if (!powers.isScoped(spoke) || found.missing) return resolved(found, { target: found, scope: null });
      const scope = await turns.take(spoke, () => scopeFor(powers, spoke, found));
      const target = scope === null ? asMissing(found, command) : found;
      return resolved(target, { target, scope }, async () => scope?.release());
    },
    async perform({ handle: { target, scope } }, { id, mode }, subject) {
      // Looked up while resolving: between the record and the start nothing is waited for.
      if (target.missing) throw new AxiumError('not_found', `there is no program '${target.argv[0]}' here`);
      // What the command is to find was told by rules, and only as long as they are in force is it theirs.
      if (powers.isScoped(subject.spoke) !== (scope !== null) || scope?.stillCounts() === false)
        throw new AxiumError('busy', 'the permissions changed while the command was prepared; try again');
      const line = mode === 'stream' ? powers.lineTo?.(subject) : undefined;
      const told = line && new ToldOutput(line, id);
      const onOutput = told && ((stream: OutputStream, bytes: Buffer) => told.take(stream, bytes));
      const job = powers.runner.start(subject, target, scope?.scope, onOutput ? { onOutput } : {});
      await scope?.release();
      if (mode === 'background') return { job: job.id } satisfies Reply;
      const { timedOut, end, ...finished } = await job.finished;
      await told?.end();
      if (end === 'failed') throw new AxiumError('failed', `${target.argv[0]} could not be started`);
      return { job: job.id, ...finished, timed_out: timedOut } satisfies Reply;
    },
  };
}

async function scopeFor(
  { scope }: ExecPowers,
  spoke: string,
  target: CommandTarget,
): Promise<ResolvedScope | null> {
  if (scope) return resolveScope(scope, spoke, target);
  throw new AxiumError(
    'unavailable',
    "exec_profile: scoped: expected bubblewrap with namespaces, and this host gives none; nothing wider is run instead, and 'axium doctor' tells what is missing",
  );
}

/** A program of which the spoke may not learn that it is there, as one that is not. */
function asMissing({ argv }: CommandTarget, command: string | readonly string[]): CommandTarget {
  const [program = ''] = typeof command === 'string' ? splitCommand(command) : command;
  return { kind: 'command', argv: [program, ...argv.slice(1)], names: [program], missing: true };
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
