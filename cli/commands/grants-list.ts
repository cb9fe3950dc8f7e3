import type { GrantStatus } from '../../schemas/approvals.ts';
import { request } from '../client.ts';
import type { Run } from '../commands.ts';
import { jsonText } from '../json-text.ts';
import { localTime } from '../local-time.ts';

export const run: Run = async (context, { options }) => {
  const { grants } = await request(context, 'grants_list');
  const text = grants.length === 0 ? 'No grants\n' : grants.map(grantText).join('');
  await context.print(options.json ? jsonText(grants) : text);
};

function grantText({
  id,
  principal,
  action,
  covers,
  kind,
  expires,
  origin,
  ignored: why,
}: GrantStatus): string {
  const until = expires === null ? '' : ` until ${localTime(expires)}`;
  const ignored = why === null ? '' : `, ignored ${why}`;
  return [`${id}  ${principal}  ${action}: ${covers}`, `  ${kind}${until}${ignored}`, `  ${origin}`]
    .map((line) => `${line.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?')}\n`)
    .join('');
}
