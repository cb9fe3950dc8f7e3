import { run } from './commands/hud.ts';
import { openContext, openRemarks } from './context.ts';
import { reportFailure } from './failure.ts';

/** Runs `axium hud` and returns its exit code: a file of its own, with all that it takes. */
export async function prompt(): Promise<number> {
  try {
    await run(openContext(), { args: [], options: {} });
    return 0;
  } catch (error) {
    return reportFailure(error, openRemarks());
  }
}
