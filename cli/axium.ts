import { run as version } from './commands/version.ts';
import { openContext, openRemarks } from './context.ts';
import { reportFailure } from './failure.ts';

const VERSION: ReadonlySet<string> = new Set(['--version', '-V', 'version']);

/**
 * The entry of `axium`. What is called all the time, by a prompt or by a script, is called without options, and to load the
 * parser of the command line, or the table of all commands, would take longer than to do that: the version is in this
 * file, the HUD in one more, and everything else in main.ts and in files for each command. They are built to CommonJS, which
 * Node starts without its loader of modules.
 */
async function start(words: readonly string[]): Promise<void> {
  const [word = ''] = words;
  const isPlain = words.length === 1;
  try {
    if (isPlain && VERSION.has(word)) await version(openContext(), { args: [], options: {} });
    else if (isPlain && word === 'hud') process.exitCode = await (await import('./prompt.ts')).prompt();
    else process.exitCode = await (await import('./main.ts')).main(words);
  } catch (error) {
    process.exitCode = reportFailure(error, openRemarks());
  }
}

void start(process.argv.slice(2));
