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
  await context.print(
    `session ${session.session} of uid ${session.uid} is elevated for ${span(session.seconds_left * 1000)}; 'axium drop' ends that\n`,
  );
};
