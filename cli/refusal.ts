import { exitCodeOf } from '../schemas/exit-codes.ts';
import { CliError } from './exit.ts';

/**
 * The trusted side answered, and the answer is no. The first line of what it said is the message; the others, such as
 * the lines of a file that it is about, stand below as they are.
 */
export class Refusal extends CliError {
  readonly code: string;

  constructor(code: string, text: string, exitCode = exitCodeOf(code)) {
    const [first = '', ...rest] = text.split('\n');
    super(exitCode, first, rest.length === 0 ? [] : [rest.join('\n')]);
    this.code = code;
  }
}
