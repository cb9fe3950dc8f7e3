import { approvalText } from '../approval-text.ts';
import { request } from '../client.ts';
import type { Run } from '../commands.ts';
import type { Context } from '../context.ts';
import { harmlessJson, jsonText } from '../json-text.ts';

export const run: Run = async (context, { options }) => {
  if (options.follow) return follow(context, options.json ?? false);
  const { approvals } = await request(context, 'approvals');
  const texts = approvals.map((approval) => approvalText(approval, Date.now()));
  const text = texts.length === 0 ? 'Nothing waits for an approval\n' : texts.join('\n');
  await context.print(options.json ? jsonText(approvals) : text);
};

/** Goes on until it is interrupted: prints each question once, as it comes, with --json one a line. */
async function follow(context: Context, json: boolean): Promise<never> {
  const seen = new Set<string>();
  let { change, approvals } = await request(context, 'approvals');
  for (;;) {
    for (const approval of approvals.filter(({ id }) => !seen.has(id))) {
      seen.add(approval.id);
      const text = approvalText(approval, Date.now());
      await context.print(
        json ? `${harmlessJson(JSON.stringify(approval))}\n` : `${seen.size === 1 ? '' : '\n'}${text}`,
      );
    }
    ({ change, approvals } = await request(context, 'approvals_wait', { change }));
  }
}
