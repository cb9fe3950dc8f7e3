import { spawn } from 'node:child_process';
import type { Context } from './context.ts';
import { CliError, EXIT } from './exit.ts';
import { within } from './patience.ts';

export interface SystemctlOutcome {
  readonly code: number;
  /** What it wrote to stderr. */
  readonly text: string;
}

/** How long systemctl waits for the unit to start or to end is the unit's to say; this is for one that never returns. */
const PATIENCE_MS = 180_000;
const MAX_TEXT = 65_536;

/** Whose service manager is meant: that of this user, or the system's. */
export type Manager = 'user' | 'system';

/** Runs systemctl with these words; null where there is none on the PATH. */
export async function systemctl(
  { env }: Context,
  words: readonly string[],
  manager: Manager = 'user',
): Promise<SystemctlOutcome | null> {
  const child = spawn('systemctl', [`--${manager}`, ...words], {
    env: { ...env, LC_ALL: 'C' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let text = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    text = (text + chunk).slice(-MAX_TEXT);
  });
  const ended = new Promise<SystemctlOutcome | null>((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ENOENT' ? resolve(null) : reject(error),
    );
    child.once('close', (code) => resolve({ code: code ?? EXIT.internal, text: text.trim() }));
  });
  const late = () => {
    child.kill('SIGTERM');
    return new CliError(
      EXIT.busy,
      `systemctl --${manager} ${words.join(' ')}: it has not ended within 3 minutes`,
    );
  };
  return within(PATIENCE_MS, ended, late);
}

/** The same, where everything but success is a failure of the command; what systemctl said stands below it. */
export async function systemctlOrFail(
  context: Context,
  words: readonly string[],
  hint: string,
  manager: Manager = 'user',
): Promise<void> {
  const outcome = await systemctl(context, words, manager);
  if (outcome?.code === 0) return;
  const why = outcome === null ? 'there is no systemctl on the PATH' : `it ended with ${outcome.code}`;
  throw new CliError(
    EXIT.unavailable,
    `systemctl --${manager} ${words.join(' ')}: ${why}; ${hint}`,
    outcome === null || outcome.text === '' ? [] : [outcome.text],
  );
}

/** Throws where the user has no service manager that answers, and says what works without. */
export async function requireManager(context: Context): Promise<void> {
  const outcome = await systemctl(context, ['show-environment']);
  if (outcome?.code === 0) return;
  const instead = "without it 'axium daemon start' starts the daemon";
  if (outcome === null) {
    throw new CliError(
      EXIT.unavailable,
      `systemctl: not found on the PATH, so this needs a systemd; ${instead}`,
    );
  }
  throw new CliError(
    EXIT.unavailable,
    `systemctl --user: no service manager of this user answers, as in a shell of su or sudo; ${instead}`,
    outcome.text === '' ? [] : [outcome.text],
  );
}
