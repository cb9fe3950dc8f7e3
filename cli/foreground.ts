import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { Context } from './context.ts';
import { CliError, EXIT } from './exit.ts';
import { DAEMON_DEFAULTS } from './spawn-daemon.ts';

/** Runs the daemon as a child in this terminal until it ends, and ends with its exit code. */
export async function runInForeground(context: Context): Promise<void> {
  // Without the variable the daemon reports to the terminal and not to a descriptor that is not there.
  const { AXIUM_READY_FD: _unused, ...env } = context.env;
  const child = spawn(process.execPath, [`${context.root}/dist/core/main.js`, '--foreground'], {
    cwd: '/',
    stdio: 'inherit',
    env: { ...DAEMON_DEFAULTS, ...env },
  });
  const pass = (signal: NodeJS.Signals) => {
    child.kill(signal);
  };
  process.on('SIGINT', pass).on('SIGTERM', pass);
  try {
    const exitCode = await new Promise<number>((resolve, reject) => {
      child.once('error', ({ message }) =>
        reject(new CliError(EXIT.unavailable, `the daemon could not be started: ${message}`)),
      );
      child.once('exit', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
    });
    if (exitCode !== EXIT.done) throw new CliError(exitCode, '');
  } finally {
    process.off('SIGINT', pass).off('SIGTERM', pass);
  }
}
