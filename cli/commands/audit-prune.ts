import { request } from '../client.ts';
import type { Run } from '../commands.ts';
import { lengthOfTime } from '../length-of-time.ts';

export const run: Run = async (context, { options }) => {
  const olderMs = lengthOfTime('--older-than', options.olderThan ?? '');
  const { pieces } = await request(context, 'audit_prune', { older_ms: olderMs });
  await context.print(`removed ${pieces} ${pieces === 1 ? 'piece' : 'pieces'}\n`);
};
