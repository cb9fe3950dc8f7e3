import type { PendingApproval } from '../schemas/approvals.ts';
import { span } from './local-time.ts';

/**
 * A question as a person reads it. Its text was made safe where it was made; what a terminal would act on all the same is
 * not let through.
 */
export function approvalText(approval: PendingApproval, now: number): string {
  const { id, principal, action, what, cwd, why, origin, waiting, expires } = approval;
  const rows = [
    ['wants', `${action}: ${what}`],
    ...(cwd === null ? [] : [['in', cwd]]),
    ['because', origin === null ? why : `${why} (${origin})`],
    ['always', alwaysText(approval)],
    ['expires', `in ${span(Math.max(0, Date.parse(expires) - now))}`],
    ...(waiting > 1 ? [['waiting', `${waiting} requests, of which a yes for once lets one go on`]] : []),
  ];
  const lines = rows.map(([name = '', value = '']) => `  ${name.padEnd(8)} ${harmless(value)}\n`);
  return `${harmless(id)}  ${harmless(principal)}\n${lines.join('')}`;
}

function alwaysText({ alwaysPattern, alwaysDestructive }: PendingApproval): string {
  if (alwaysPattern === null) return 'nothing that could be allowed for good';
  return `would cover ${alwaysPattern}${alwaysDestructive ? ', which is destructive' : ''}`;
}

function harmless(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?');
}
