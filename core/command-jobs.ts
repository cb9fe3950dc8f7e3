import type { ContainedCommands } from './contain-commands.ts';
import { commandEnvironment, DEFAULT_PATH } from './jobs/environment.ts';
import { Jobs } from './jobs/jobs.ts';
import type { RecordEvent } from './open-state.ts';
import type { Powers } from './powers.ts';
import type { SpokeBook } from './registry/spoke-book.ts';

/** Bytes of each stream that a command may write, and jobs of one spoke: at once, and remembered. */
const MAX_OUTPUT = 1_048_576;
const MAX_AT_ONCE = 4;
const KEPT = 50;

export interface CommandJobsInput {
  readonly powers: Powers;
  readonly home: string;
  readonly book: SpokeBook;
  readonly commands: ContainedCommands;
  readonly recordEvent: RecordEvent;
}

/** The jobs of all spokes, held as this host can, with the environment and the time that `config.yaml` says now. */
export function createCommandJobs({ powers, home, book, commands, recordEvent }: CommandJobsInput): Jobs {
  const { contain, confine } = commands;
  return new Jobs({
    powers,
    contain,
    ...(confine ? { confine } : {}),
    isFree: (spoke) => book.config.exec.namespaces.includes(spoke),
    onFree: (spoke, argv) => recordEvent('job_free', spoke, { argv }),
    maxPerSpoke: MAX_AT_ONCE,
    keep: KEPT,
    environment: () => {
      const { path = DEFAULT_PATH, env: names, timeout } = book.config.exec;
      return {
        env: commandEnvironment(powers.env, { path, names, home }),
        cwd: home,
        limits: { timeoutMs: timeout, maxOutput: MAX_OUTPUT },
      };
    },
  });
}
