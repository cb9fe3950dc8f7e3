#!/usr/bin/env node
import { COMMANDS } from './commands.ts';
import { buildProgram } from './program.ts';

process.exitCode = await main(process.argv.slice(2));

/** Runs one command and returns its exit code. Loads the code of that command and of no other. */
async function main(words: readonly string[]): Promise<number> {
  // A reader that has seen enough closes the pipe; print() tells the command, and nothing else may throw over it.
  process.stdout.on('error', () => {});
  process.stderr.on('error', () => {});
  const program = buildProgram(COMMANDS, async (row, call) => {
    const [{ openContext }, { run }] = await Promise.all([import('./context.ts'), row.load()]);
    await run(openContext(), call);
  });
  try {
    const [first = '', ...rest] = words;
    const asked = ['--version', '-V'].includes(first) ? ['version', ...rest] : words;
    const parse = () => program.parseAsync(asked, { from: 'user' });
    if (isVerb(first)) await parse();
    else await callSpoke(asked, parse);
    return 0;
  } catch (error) {
    const { reportFailure } = await import('./failure.ts');
    return reportFailure(error, (text) => process.stderr.write(text));
  }
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
  const [{ openContext }, { runSpokeCommand }] = await Promise.all([
    import('./context.ts'),
    import('./spoke-command.ts'),
  ]);
  await runSpokeCommand(openContext(), { spoke, command, args }, misspelled);
}
