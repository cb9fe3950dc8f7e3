import { unlink } from 'node:fs/promises';
import { shortPath } from '../../schemas/places.ts';
import { SERVICE } from '../../schemas/service.ts';
import type { Run } from '../commands.ts';
import { findDaemon } from '../daemon-running.ts';
import { requireManager, systemctlOrFail } from '../systemctl.ts';
import { readOwnUnit, unitPath } from '../unit-file.ts';

/** Undoes what `daemon install` did, and nothing else: directories, settings and logs stay. */
export const run: Run = async (context) => {
  const path = unitPath(context);
  const unit = context.env.AXIUM_HOME ? null : await readOwnUnit(path);
  if (unit === null) return context.print('the service is not installed\n');
  await requireManager(context);
  const running = await findDaemon(context);
  const hint = `${shortPath(path, context.home)} stays; see 'systemctl --user status ${SERVICE}'`;
  await systemctlOrFail(context, ['disable', '--now', SERVICE], hint);
  await unlink(path);
  await systemctlOrFail(context, ['daemon-reload'], 'the unit is gone');
  await systemctlOrFail(context, ['unset-environment', 'AXIUM_PERMS_STRICT'], 'the unit is gone');
  const stopped = running?.service ? 'axiumd stopped\n' : '';
  await context.print(`${stopped}removed ${shortPath(path, context.home)}\n`);
};
