import { request } from '../client.ts';
import type { Run } from '../commands.ts';

export const run: Run = async (context, { options }) => {
  const { title = '', body = '', level = 'info' } = options;
  await request(context, 'notify', { title, body, level });
  await context.print('✓ Notification sent\n\nView with: axium notify drain\n');
};
