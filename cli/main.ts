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
    await program.parseAsync(asked, { from: 'user' });
    return 0;
  } catch (error) {
    const { reportFailure } = await import('./failure.ts');
    return reportFailure(error, (text) => process.stderr.write(text));
  }
}
