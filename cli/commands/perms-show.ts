import type { Run } from '../commands.ts';
import { furtherPermissionsText } from '../further-permissions-text.ts';
import { jsonText } from '../json-text.ts';
import { permissionsText } from '../permissions-text.ts';
import { readPermissions } from '../read-permissions.ts';
import { explainMissingSpoke, spokeNotFound } from '../spokes-text.ts';

export const run: Run = async (context, { args, options }) => {
  const [name = ''] = args;
  const spoke = await readPermissions(context, name).catch((error: unknown) => {
    throw explainMissingSpoke(error, name);
  });
  if (spoke === undefined) throw spokeNotFound(name);
  const text = () => permissionsText(spoke, context.home) + furtherPermissionsText(spoke, Date.now());
  await context.print(options.json ? jsonText(spoke) : text());
};
