import { changePermissions } from '../change-permissions.ts';
import { actionOf, patternOf } from '../change-rule.ts';
import type { Run } from '../commands.ts';
import { editsToReset } from '../permissions-wish.ts';

/** Takes back what permissions.yaml says of a spoke, of one action, or of one entry: then spoke.yaml counts. */
export const run: Run = async (context, { args, options }) => {
  const [spoke = '', action, typed] = args;
  if (action !== undefined) actionOf(action);
  const pattern =
    typed === undefined ? null : await patternOf(context, action ?? '', typed, options.pattern === true);
  await changePermissions(context, options, {
    what: ['perms reset', ...args].join(' '),
    edits: async (data) => editsToReset({ spoke, action: action ?? null, pattern }, data),
    nothing: `Nothing to reset: permissions.yaml says nothing of ${args.join(' ')}.`,
  });
};
