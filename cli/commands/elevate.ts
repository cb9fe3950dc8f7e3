import { visibleText } from '../../schemas/visible-text.ts';
import { request } from '../client.ts';
import type { Run } from '../commands.ts';
import { lengthOfTime } from '../length-of-time.ts';
import { span } from '../local-time.ts';
import { ofCaller } from '../of-caller.ts';

export const run: Run = async (context, { options }) => {
  const forMs = lengthOfTime('--for', options.for ?? '10m');
  const { session } = await request(await ofCaller(context), 'elevate', {
    for_ms: forMs,
    reason: options.reason ?? '',
  });
  const time = span(session.seconds_left * 1000);
  const text = `session ${session.session} of uid ${session.uid} is elevated for ${time}; 'axium drop' ends that`;
  // By sudo the daemon of somebody else answers.
  await context.print(`${visibleText(text)}\n`);
};
