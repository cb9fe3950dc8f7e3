import type { Code } from '../schemas/codes.ts';

/** What the exit codes of every command mean. Scripts rely on them. */
export const EXIT = {
  done: 0,
  no: 1,
  notRunning: 3,
  usage: 64,
  badYaml: 65,
  unavailable: 69,
  internal: 70,
  busy: 75,
  denied: 77,
  configuration: 78,
} as const;

const BY_CODE: Readonly<Record<Code, number>> = {
  denied: EXIT.denied,
  identity: EXIT.denied,
  invalid: EXIT.usage,
  unknown_command: EXIT.usage,
  too_large: EXIT.usage,
  not_found: EXIT.no,
  exists: EXIT.no,
  failed: EXIT.no,
  quota: EXIT.no,
  busy: EXIT.busy,
  timeout: EXIT.busy,
  unavailable: EXIT.unavailable,
  internal: EXIT.internal,
};

/** The exit code for a code that the daemon answered; one that is not known is a defect. */
export function exitCodeOf(code: string): number {
  return Object.hasOwn(BY_CODE, code) ? BY_CODE[code as Code] : EXIT.internal;
}

/**
 * A failure to tell the user. The message is one line: where, what was expected and found, what to do. It is printed
 * behind `axium:`, the details below it, both made safe for a terminal there. An empty message prints nothing: somebody
 * else has said it.
 */
export class CliError extends Error {
  readonly exitCode: number;
  readonly details: readonly string[];

  constructor(exitCode: number, message: string, details: readonly string[] = []) {
    super(message);
    this.name = 'CliError';
    this.exitCode = exitCode;
    this.details = details;
  }
}
