import { request } from '../client.ts';
import type { Run } from '../commands.ts';
import { CliError, EXIT } from '../exit.ts';
import { grantText } from '../grant-text.ts';
import { lengthOfTime } from '../length-of-time.ts';

/** Prints the grant where the yes lasts. */
export const run: Run = async (context, { args, options }) => {
  const { once, always = false, for: time } = options;
  if ([once, always, time].filter((way) => way !== undefined && way !== false).length > 1)
    throw new CliError(EXIT.usage, '--once, --for, --always: expected one of them');
  const [approval = ''] = args;
  const forMs = time === undefined ? {} : { for_ms: lengthOfTime('--for', time) };
  const { grant } = await request(context, 'approve', { approval, always, ...forMs });
  if (grant.kind !== 'once') await context.print(grantText(grant));
};
