import type { GrantStatus } from '../schemas/approvals.ts';
import { localTime } from './local-time.ts';

/** A grant as a person reads it: what it covers, how long it counts, and who said so. */
export function grantText({
  id,
  principal,
  action,
  covers,
  destructive,
  kind,
  expires,
  origin,
  ignored: why,
}: GrantStatus): string {
  const until = expires === null ? '' : ` until ${localTime(expires)}`;
  const ignored = why === null ? '' : `, ignored ${why}`;
  return [
    `${id}  ${principal}  ${action}: ${covers}${destructive ? ', which is destructive' : ''}`,
    `  ${kind}${until}${ignored}`,
    `  ${origin}`,
  ]
    .map((line) => `${line.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?')}\n`)
    .join('');
}
