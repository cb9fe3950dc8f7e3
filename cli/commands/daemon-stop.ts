import type { Run } from '../commands.ts';
import { findDaemon, stopDaemon } from '../daemon-running.ts';

/** A daemon that a service manager has started is the service manager's to end. */
export const run: Run = async (context) => {
  const running = await findDaemon(context);
  if (running?.service) {
    const { stopService } = await import('../service.ts');
    await stopService(context);
    return context.print('axiumd stopped\n');
  }
  if (running === null) {
    const { stopSilentService } = await import('../service.ts');
    await stopSilentService(context);
  }
  const stopped = await stopDaemon(context);
  await context.print(stopped ? 'axiumd stopped\n' : 'axiumd is not running\n');
};
