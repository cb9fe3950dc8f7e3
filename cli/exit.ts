export { EXIT } from '../schemas/exit-codes.ts';

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
