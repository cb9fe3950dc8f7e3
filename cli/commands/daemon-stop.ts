import type { Run } from '../commands.ts';
import { stopDaemon } from '../daemon-running.ts';

export const run: Run = async (context) => {
  const stopped = await stopDaemon(context);
  await context.print(stopped ? 'axiumd stopped\n' : 'axiumd is not running\n');
};
