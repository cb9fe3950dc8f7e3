import { run as hud } from './commands/hud.ts';
import { run as version } from './commands/version.ts';
import type { Run } from './commands.ts';
import { openContext, openRemarks } from './context.ts';
import { reportFailure } from './failure.ts';

/** What is called all the time, by a prompt or by a script, where it is called without options. */
const QUICK: Readonly<Record<string, Run>> = { hud, '--version': version, '-V': version, version };

/**
 * The entry of `axium`. It is built to one CommonJS file, as Node starts one without its loader of modules, and holds what
 * is called all the time: to load the parser of the command line would take longer than to do that. Everything else is
 * in main.ts, and beside it in files for each command.
 */
async function start(words: readonly string[]): Promise<void> {
  const [word = ''] = words;
  const run = words.length === 1 && Object.hasOwn(QUICK, word) ? QUICK[word] : undefined;
  if (run === undefined) {
    const { main } = await import('./main.ts');
    process.exitCode = await main(words);
    return;
  }
  try {
    await run(openContext(), { args: [], options: {} });
  } catch (error) {
    process.exitCode = reportFailure(error, openRemarks());
  }
}

void start(process.argv.slice(2));
