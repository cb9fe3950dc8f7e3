import { COMMANDS, type Perform } from './commands.ts';
import { openContext, openRemarks } from './context.ts';
import { reportFailure } from './failure.ts';
import { plainCall } from './plain-call.ts';

/** Runs one command and returns its exit code. Loads the code of that command and of no other. */
export async function main(words: readonly string[]): Promise<number> {
  const perform: Perform = async (row, call) => {
    const { run } = await row.load();
    await run(openContext(), call);
  };
  try {
    const plain = plainCall(COMMANDS, words);
    if (plain !== null) await perform(plain.row, plain.call);
    else await (await import('./parsed-call.ts')).parsedCall(words, perform);
    return 0;
  } catch (error) {
    return reportFailure(error, openRemarks());
  }
}
