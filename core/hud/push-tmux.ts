import { runCommand } from '../jobs/run-command.ts';
import type { Powers } from '../powers.ts';

export interface PushInput {
  readonly powers: Pick<Powers, 'files' | 'spawn' | 'signal' | 'clock' | 'env'>;
  /** What `hud.tmux` of config.yaml says: false for never, true for the user's usual tmux, or the path of its socket. */
  readonly wanted: () => boolean | string;
  /** The directories in which commands are looked up. */
  readonly path: () => readonly string[];
}

/** Where the configuration of tmux finds the line, as `#{@axium_hud}`. */
const OPTION = '@axium_hud';

/**
 * Makes what shows the HUD in a tmux that runs: as an option of it, which is a text that tmux does not expand again. A
 * tmux that does not run is none, and is not started.
 */
export function createTmuxPush({ powers, wanted, path }: PushInput): (line: string | null) => Promise<void> {
  let hasPushed = false;
  return async (line) => {
    const where = wanted();
    if (where === false || (line === null && !hasPushed)) return;
    const program = await findProgram(powers.files, path());
    if (program === null) return;
    const server = typeof where === 'string' ? ['-S', where] : [];
    const change = line === null ? ['-gqu', OPTION] : ['-gq', OPTION, line];
    const { HOME, TMUX_TMPDIR } = powers.env;
    const command = runCommand(powers, {
      argv: [program, ...server, 'set-option', ...change],
      env: {
        LC_ALL: 'C.UTF-8',
        PATH: path().join(':'),
        ...(HOME ? { HOME } : {}),
        ...(TMUX_TMPDIR ? { TMUX_TMPDIR } : {}),
      },
      cwd: '/',
      limits: { timeoutMs: 2000, maxOutput: 4096 },
    });
    const { code } = await command.finished;
    hasPushed ||= code === 0;
  };
}

async function findProgram(files: Powers['files'], path: readonly string[]): Promise<string | null> {
  for (const directory of path) {
    const program = `${directory}/tmux`;
    const isThere = await files.access(program, files.constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return program;
  }
  return null;
}
