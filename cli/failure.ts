import { visibleText } from '../schemas/visible-text.ts';
import { CliError, EXIT } from './exit.ts';
import { indented } from './plain-text.ts';
import { UsageProblem } from './usage-problem.ts';

/** Prints why a command failed, beginning with `axium:`, and returns the exit code. */
export function reportFailure(error: unknown, write: (text: string) => void): number {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  // The help that was asked for, and a reader who has seen enough, are no failures.
  if (code === 'commander.helpDisplayed' || code === 'commander.help' || code === 'EPIPE') return EXIT.done;
  if (error instanceof UsageProblem) {
    write(`axium: ${visibleText(error.message)}; see '${error.helpOf} --help'\n`);
    return EXIT.usage;
  }
  if (error instanceof CliError) {
    if (error.message !== '') write(`axium: ${visibleText(error.message)}\n`);
    for (const detail of error.details) write(indented(detail));
    return error.exitCode;
  }
  const message = visibleText(error instanceof Error ? error.message : String(error));
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    write(`axium: ${message}\n`);
    return EXIT.denied;
  }
  const system = error instanceof Error && 'syscall' in error;
  write(system ? `axium: ${message}\n` : `axium: a defect of axium: ${message}; please report it\n`);
  return EXIT.internal;
}
