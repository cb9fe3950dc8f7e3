import { shortPath } from '../../schemas/places.ts';
import { refuseOpenings, report } from '../change-permissions.ts';
import type { Run } from '../commands.ts';
import { hasHistory, lastChange } from '../edit-history.ts';
import { withEditLock } from '../edit-lock.ts';
import { CliError, EXIT } from '../exit.ts';
import {
  confirmPermissions,
  planChange,
  readPermissionsFile,
  restorePermissions,
} from '../permissions-file.ts';

/** Puts back, byte for byte, what permissions.yaml was before the last command that changed it. */
export const run: Run = async (context, { options }) => {
  const { places, home } = context;
  const file = shortPath(places.permissionsFile, home);
  await withEditLock(places.editLock, { edits: false }, async () => {
    const now = await readPermissionsFile(context);
    const last = await lastChange(places.editHistory, now);
    if (last === null) {
      throw new CliError(
        EXIT.no,
        (await hasHistory(places.editHistory))
          ? `${file} was changed since by something else than a command, so nothing is undone; use 'axium perms edit'`
          : 'there is nothing to undo',
      );
    }
    const plan = await planChange(context, now, last.before ?? '');
    if (plan.ok) refuseOpenings(context, plan, options);
    await restorePermissions(context, { now: now ?? '', before: last.before });
    const standing = await confirmPermissions(context, last.before);
    await context.print(`Undone: ${last.what}\n\n`);
    await report(context, { before: now ?? '', text: last.before ?? '', plan, standing });
  });
};
