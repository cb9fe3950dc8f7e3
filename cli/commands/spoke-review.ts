import { confirm } from '../author/confirm.ts';
import { request } from '../client.ts';
import type { Run } from '../commands.ts';
import { CliError, EXIT } from '../exit.ts';
import { jsonText } from '../json-text.ts';
import { explainMissingSpoke } from '../missing-spoke.ts';
import { reviewText } from '../review-text.ts';

/**
 * Shows what a spoke asks for beside what was consented to. What is accepted is what was shown. The answer is no where
 * something waits and was not accepted.
 */
export const run: Run = async (context, { args, options }) => {
  const [name = ''] = args;
  const review = await request(context, 'spoke_review', { spoke: name }).catch(async (error: unknown) => {
    throw await explainMissingSpoke(context, error, name);
  });
  await context.print(options.json ? jsonText(review) : reviewText(review, context.home));
  if (review.waiting.length === 0) return;
  if (!options.yes) {
    if (options.json || !process.stdin.isTTY || !process.stdout.isTTY) {
      const message = `it goes on with what you consented to; to accept: axium spoke review ${name} --yes`;
      throw new CliError(EXIT.no, message);
    }
    await context.print('\n');
    await confirm('Accept?');
  }
  await request(context, 'spoke_accept', { spoke: name, offer: review.offer });
  if (!options.json) await context.print('\naccepted; it counts from now on\n');
};
