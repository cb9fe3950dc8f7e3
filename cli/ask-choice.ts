import { createInterface } from 'node:readline/promises';
import { ignoreItsEnd } from './output.ts';

/**
 * Asks the person at the terminal for one of some letters, until it is one of them. Null where there is no terminal; an
 * interrupt and the end of the input are the last letter, which is to change nothing.
 */
export async function askChoice<L extends string>(
  question: string,
  letters: readonly L[],
): Promise<L | null> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return null;
  ignoreItsEnd(process.stderr);
  const nothing = letters.at(-1) ?? null;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const closed = new Promise<null>((resolve) => {
      terminal.once('close', () => resolve(null)).once('SIGINT', () => resolve(null));
    });
    for (;;) {
      const answer = await Promise.race([terminal.question(question), closed]);
      if (answer === null) return nothing;
      const letter = letters.find((one) => one === answer.trim().toLowerCase().slice(0, 1));
      if (letter !== undefined) return letter;
    }
  } finally {
    terminal.close();
  }
}
