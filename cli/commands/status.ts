import { DaemonNotRunning, request } from '../client.ts';
import type { Run } from '../commands.ts';
import { CliError, EXIT } from '../exit.ts';
import { jsonText } from '../json-text.ts';
import { statusText } from '../status-text.ts';

/** Exit code 3 where no daemon runs. */
export const run: Run = async (context, { options }) => {
  try {
    const status = await request(context, 'status');
    await context.print(
      options.json ? jsonText({ running: true, ...status }) : statusText(status, context.home),
    );
  } catch (error) {
    if (!(error instanceof DaemonNotRunning)) throw error;
    if (options.json) await context.print(jsonText({ running: false }));
    throw new CliError(EXIT.notRunning, error.message);
  }
};
