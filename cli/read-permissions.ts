import type { SpokePermissions } from '../schemas/control-shown.ts';
import { DaemonNotRunning, request } from './client.ts';
import type { Context } from './context.ts';
import { runCheck } from './run-check.ts';

type All = readonly SpokePermissions[];

/** The rights of all spokes: of the running daemon, or else what the files say, which is then remarked. */
export async function readAllPermissions(context: Context): Promise<All> {
  return orFromFiles(
    context,
    async () => (await request(context, 'perms_list')).spokes,
    (spokes) => spokes,
  );
}

/** The rights of one spoke from the same places; undefined where the files know no such spoke. */
export async function readPermissions(
  context: Context,
  spoke: string,
): Promise<SpokePermissions | undefined> {
  return orFromFiles<SpokePermissions | undefined>(
    context,
    () => request(context, 'get_permissions', { spoke }),
    (spokes) => spokes.find(({ name }) => name === spoke),
  );
}

async function orFromFiles<T>(context: Context, ask: () => Promise<T>, pick: (spokes: All) => T): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof DaemonNotRunning)) throw error;
    const { spokes } = await runCheck(context, 'perms');
    context.remark('axium: the daemon is not running; this is what the files say\n');
    return pick(spokes);
  }
}

/** Says on standard error what the listed rights would hide: that none of them counts at this moment. */
export function remarkIfClosed(context: Context, spokes: All): void {
  if (spokes.every(({ effective }) => effective.open)) return;
  context.remark(
    "axium: nothing is allowed beyond the HUD, since no valid permissions.yaml has been read; see 'axium daemon status'\n",
  );
}
