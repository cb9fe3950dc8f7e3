import { COMMANDS, type Perform } from './commands.ts';
import { openContext } from './context.ts';
import { ignoreItsEnd } from './output.ts';
import { buildProgram } from './program.ts';

/** Performs what any words on the command line call. Throws UsageProblem where that is nothing. */
export async function parsedCall(words: readonly string[], perform: Perform): Promise<void> {
  // The parser prints its help by itself.
  ignoreItsEnd(process.stdout);
  const program = buildProgram(COMMANDS, perform);
  const [first = '', ...rest] = words;
  const asked = ['--version', '-V'].includes(first) ? ['version', ...rest] : words;
  const parse = () => program.parseAsync(asked, { from: 'user' });
  if (isVerb(first)) await parse();
  else await callSpoke(asked, parse);
}

/** Whether a first word is for axium itself: an option, a command, or nothing at all. */
function isVerb(word: string): boolean {
  return (
    !/^[a-z][a-z0-9-]*$/.test(word) ||
    word === 'help' ||
    COMMANDS.some(({ usage }) => usage.split(' ')[0] === word)
  );
}

/** `axium <spoke> <command> [args]`, where the first word is none of axium's own. */
async function callSpoke(
  [spoke = '', command, ...args]: readonly string[],
  misspelled: () => Promise<unknown>,
): Promise<void> {
  const { runSpokeCommand } = await import('./spoke-command.ts');
  await runSpokeCommand(openContext(), { spoke, command, args }, misspelled);
}
