import { existsSync } from 'node:fs';
import type { ControlReplies } from '../schemas/control-replies.ts';
import { isStrict, shortPath } from '../schemas/places.ts';
import { SERVICE } from '../schemas/service.ts';
import { DaemonNotRunning } from './client.ts';
import type { Context } from './context.ts';
import { findDaemon, verifyStrictness } from './daemon-running.ts';
import { CliError, EXIT } from './exit.ts';
import { systemctl, systemctlOrFail } from './systemctl.ts';
import { unitPath } from './unit-file.ts';

const HINT = `see 'axium daemon logs' and 'systemctl --user status ${SERVICE}'`;

/** Whether the daemon of these files is a service that the user has installed and enabled. */
export async function isServiceEnabled(context: Context): Promise<boolean> {
  if (!hasUnit(context)) return false;
  return (await systemctl(context, ['is-enabled', '--quiet', SERVICE]))?.code === 0;
}

/** AXIUM_HOME names a daemon of its own, whatever else the user has installed. */
function hasUnit(context: Context): boolean {
  return !context.env.AXIUM_HOME && existsSync(unitPath(context));
}

/**
 * Has the service manager do this with the service, which starts it, and returns who answers then. The daemon is as strict
 * as its caller asked, or this throws.
 */
export async function startService(
  context: Context,
  words: readonly string[],
): Promise<ControlReplies['ping']> {
  await carryStrictness(context);
  // One that was given up after a crash loop would not be started; somebody has asked for it now.
  await systemctl(context, ['reset-failed', SERVICE]);
  await systemctlOrFail(context, words, HINT);
  try {
    const how = `; where its unit or environment.d sets the variable, that wins: see 'systemctl --user show-environment'`;
    return await verifyStrictness(context, how);
  } catch (error) {
    if (!(error instanceof DaemonNotRunning)) throw error;
    const socket = shortPath(context.places.socket, context.home);
    throw new CliError(EXIT.unavailable, `${SERVICE} was started and does not answer on ${socket}; ${HINT}`);
  }
}

/** Ends the service and returns once it is gone. */
export async function stopService(context: Context): Promise<void> {
  await systemctlOrFail(context, ['stop', SERVICE], HINT);
  const left = await findDaemon(context);
  if (left) {
    throw new CliError(
      EXIT.busy,
      `the daemon still runs, pid ${left.pid}, though ${SERVICE} was stopped; it may be another service: see 'systemctl --user status ${left.pid}'`,
    );
  }
}

/** Ends a service that does not answer, such as one that waits to be started again. */
export async function stopSilentService(context: Context): Promise<void> {
  if (hasUnit(context)) await systemctl(context, ['stop', SERVICE]);
}

/**
 * A user's service gets the variables of the user's service manager and none of its caller's; there is no other way to
 * hand one over. It lasts until the service manager ends. What the caller left unset is not set for the service either.
 */
async function carryStrictness(context: Context): Promise<void> {
  const said = (context.env.AXIUM_PERMS_STRICT ?? '') !== '';
  const words = said
    ? ['set-environment', `AXIUM_PERMS_STRICT=${isStrict(context.env) ? 1 : 0}`]
    : ['unset-environment', 'AXIUM_PERMS_STRICT'];
  await systemctlOrFail(context, words, HINT);
}
