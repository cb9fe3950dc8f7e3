import type { Run } from '../commands.ts';
import { jsonText } from '../json-text.ts';
import { permissionsListText } from '../permissions-text.ts';
import { readAllPermissions, remarkIfClosed } from '../read-permissions.ts';

export const run: Run = async (context, { options }) => {
  const spokes = await readAllPermissions(context);
  remarkIfClosed(context, spokes);
  await context.print(options.json ? jsonText(spokes) : permissionsListText(spokes));
};
