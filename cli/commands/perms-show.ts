import type { Run } from '../commands.ts';
import { furtherPermissionsText } from '../further-permissions-text.ts';
import { jsonText } from '../json-text.ts';
import { explainMissingSpoke, spokeNotFound } from '../missing-spoke.ts';
import { permissionsText } from '../permissions-text.ts';
import { readPermissions } from '../read-permissions.ts';

export const run: Run = async (context, { args, options }) => {
  const [name = ''] = args;
  const spoke = await readPermissions(context, name).catch(async (error: unknown) => {
    throw await explainMissingSpoke(context, error, name);
  });
  if (spoke === undefined) throw await spokeNotFound(context, name);
  const text = () => permissionsText(spoke, context.home) + furtherPermissionsText(spoke, Date.now());
  await context.print(options.json ? jsonText(spoke) : text());
};
