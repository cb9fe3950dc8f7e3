import type { JobStatus } from '../../schemas/control-shown.ts';
import type { CommandTarget } from '../../schemas/decision.ts';
import type { Scope } from '../../schemas/scope.ts';
import { AxiumError } from '../errors.ts';
import type { Powers } from '../powers.ts';
import type { Contain } from './containment.ts';
import { type CommandInput, type CommandResult, type RunningCommand, runCommand } from './run-command.ts';
import type { Confine } from './scoped.ts';

export interface JobsInput {
  readonly powers: Pick<Powers, 'spawn' | 'signal' | 'clock'>;
  readonly environment: () => Pick<CommandInput, 'env' | 'cwd' | 'limits'>;
  /** Makes the words that run a command so that all its processes can be ended. */
  readonly contain: Contain;
  /** Whether the commands of a spoke may make namespaces of their own. */
  readonly isFree?: (spoke: string) => boolean;
  /** Called when such a command is about to start. */
  readonly onFree?: (spoke: string, argv: readonly string[]) => void;
  /** Makes a command one that finds its scope and nothing else; absent where this host cannot do that. */
  readonly confine?: Confine;
  readonly maxPerSpoke: number;
  /** How many ended jobs of each spoke are remembered, with their output: none can push out another's. */
  readonly keep: number;
}

type Hears = Pick<CommandInput, 'onOutput'>;

export interface RunOptions extends Hears {
  /** Where the command is to run; null for where they usually do. */
  readonly cwd?: string | null;
}

/** Characters of each stream of an ended job that are remembered. */
const KEPT = 65_536;

interface Job {
  readonly id: string;
  readonly spoke: string;
  readonly target: CommandTarget;
  /** What it was given; null where it sees what its user sees. */
  readonly scope: Scope | null;
  /** The first process of what runs it, which begins a session of its own. */
  readonly pid: number | undefined;
  readonly kill: () => void;
  readonly finished: Promise<unknown>;
  /** What it has written so far; once it has ended, only the end of that is kept. */
  output: () => { readonly stdout: string; readonly stderr: string };
  readonly started: number;
  ended: { readonly at: number; readonly result: CommandResult } | null;
}

/** The commands that run and have run for spokes. */
export class Jobs {
  readonly #input: JobsInput;
  readonly #jobs = new Map<string, Job>();
  #count = 0;
  #stopped = false;

  constructor(input: JobsInput) {
    this.#input = input;
  }

  /**
   * Starts a command for a spoke, confined to a scope where there is one. Throws `busy` where the spoke has as many as it
   * may, and `unavailable` rather than to run one wider than its scope.
   */
  start(
    { spoke }: { readonly spoke: string },
    target: CommandTarget,
    scope: Scope | null = null,
    { cwd = null, onOutput }: RunOptions = {},
  ) {
    if (this.#stopped)
      throw new AxiumError('unavailable', 'the daemon is ending; no further command is started');
    const running = this.#running().filter((job) => job.spoke === spoke).length;
    if (running >= this.#input.maxPerSpoke) {
      throw new AxiumError(
        'busy',
        `${running} commands are running already, which is the limit; wait for one to end`,
      );
    }
    const { powers } = this.#input;
    const hears = onOutput ? { onOutput } : {};
    const command =
      scope === null ? this.#run(spoke, target, cwd, hears) : this.#runScoped(target, scope, hears);
    this.#count += 1;
    const job: Job = {
      id: `j${this.#count}`,
      spoke,
      target,
      scope,
      pid: command.pid,
      kill: command.kill,
      finished: command.finished,
      output: () => ({ stdout: command.stdout(), stderr: command.stderr() }),
      started: powers.clock.now(),
      ended: null,
    };
    this.#jobs.set(job.id, job);
    const finished = command.finished.then((result) => {
      const whole = job.output();
      const kept = { stdout: whole.stdout.slice(-KEPT), stderr: whole.stderr.slice(-KEPT) };
      job.output = () => kept;
      job.ended = { at: powers.clock.now(), result };
      this.#forgetOldest(spoke);
      const { end, code, signal } = result;
      return {
        end,
        code,
        signal,
        ...whole,
        timedOut: end === 'timed-out',
        truncated: end === 'too-much-output',
      };
    });
    return { id: job.id, finished };
  }

  /** The owner of the running job that one of these processes belongs to, told by its number or by its session; else null. */
  ownerOf(processes: readonly number[], session: number | null): string | null {
    const job = this.#running().find(
      ({ pid }) => pid !== undefined && (pid === session || processes.includes(pid)),
    );
    return job?.spoke ?? null;
  }

  list(): readonly JobStatus[] {
    return [...this.#jobs.values()].map(statusOf);
  }

  /** What a job has written so far. Throws `not_found`. */
  logs(id: string) {
    const job = this.#find(id);
    const truncated = job.ended?.result.end === 'too-much-output';
    return { job: statusOf(job), ...job.output(), truncated };
  }

  /** Ends a job and settles once it has. Throws `not_found`. */
  async kill(id: string): Promise<JobStatus> {
    const job = this.#find(id);
    job.kill();
    await job.finished;
    return statusOf(job);
  }

  /** Ends all that run for one, or for everybody, and settles once they have. */
  async killAll(spoke: string | null): Promise<readonly JobStatus[]> {
    const ending = this.#running().filter((job) => spoke === null || job.spoke === spoke);
    for (const job of ending) job.kill();
    await Promise.all(ending.map((job) => job.finished));
    return ending.map(statusOf);
  }

  /** Ends the running jobs that may not run any more. */
  revoke(mayRun: (spoke: string, target: CommandTarget) => boolean): readonly JobStatus[] {
    const lost = this.#running().filter((job) => !mayRun(job.spoke, job.target));
    for (const job of lost) job.kill();
    return lost.map(statusOf);
  }

  /** Ends the running jobs that see more than they may by now. A job without a scope sees all. */
  async revokeScopes(mayKeep: (spoke: string, scope: Scope | null) => Promise<boolean>) {
    const running = this.#running();
    const kept = await Promise.all(running.map((job) => mayKeep(job.spoke, job.scope)));
    const lost = running.filter((job, index) => !kept[index] && job.ended === null);
    for (const job of lost) job.kill();
    return lost.map(statusOf);
  }

  /** Ends all of them and settles once they have. */
  async stop(): Promise<void> {
    this.#stopped = true;
    const running = this.#running();
    for (const job of running) job.kill();
    await Promise.all(running.map((job) => job.finished));
  }

  #run(spoke: string, { argv }: CommandTarget, cwd: string | null, hears: Hears): RunningCommand {
    const { powers, environment, contain, isFree, onFree } = this.#input;
    const usual = environment();
    const settings = cwd === null ? usual : { ...usual, cwd };
    const free = isFree?.(spoke) ?? false;
    if (free) onFree?.(spoke, argv);
    const { done, ...held } = contain(argv, settings.cwd, { free });
    try {
      return runCommand(powers, { ...settings, ...held, ...hears });
    } finally {
      done?.();
    }
  }

  #runScoped({ argv }: CommandTarget, scope: Scope, hears: Hears): RunningCommand {
    const { powers, environment, confine } = this.#input;
    if (!confine) throw new AxiumError('unavailable', 'this host cannot confine a command to its scope');
    const { input, done } = confine({ ...environment(), argv }, scope);
    try {
      return runCommand(powers, { ...input, ...hears });
    } finally {
      done();
    }
  }

  #running(): readonly Job[] {
    return [...this.#jobs.values()].filter((job) => job.ended === null);
  }

  #find(id: string): Job {
    const job = this.#jobs.get(id);
    if (!job)
      throw new AxiumError('not_found', `job '${id}' not found; 'axium jobs list' shows those there are`);
    return job;
  }

  #forgetOldest(spoke: string): void {
    const ended = [...this.#jobs.values()].filter((job) => job.spoke === spoke && job.ended !== null);
    for (const job of ended.slice(0, Math.max(0, ended.length - this.#input.keep))) this.#jobs.delete(job.id);
  }
}

function statusOf({ id, spoke, target, started, ended }: Job): JobStatus {
  return {
    id,
    spoke,
    argv: target.argv,
    state: ended?.result.end ?? 'running',
    code: ended?.result.code ?? null,
    signal: ended?.result.signal ?? null,
    started: new Date(started).toISOString(),
    ended: ended && new Date(ended.at).toISOString(),
  };
}
