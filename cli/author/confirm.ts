import { createInterface } from 'node:readline/promises';
import { CliError, EXIT } from '../exit.ts';

/**
 * Asks a yes-or-no question on the terminal, where no is the answer of whoever just presses return. Throws CliError 64
 * where there is no terminal to ask on, with the option that answers it beforehand, and CliError 1 for a no.
 */
export async function confirm(question: string): Promise<void> {
  const { stdin, stdout } = process;
  if (!stdin.isTTY || !stdout.isTTY) {
    throw new CliError(EXIT.usage, `there is no terminal to ask on; once you have read the above, add --yes`);
  }
  const asking = createInterface({ input: stdin, output: stdout });
  const closed = new Promise<string>((resolve) => asking.once('close', () => resolve('')));
  try {
    const answer = await Promise.race([asking.question(`${question} [y/N] `), closed]);
    if (!/^y(?:es)?$/i.test(answer.trim())) throw new CliError(EXIT.no, 'nothing was changed');
  } finally {
    asking.close();
  }
}
