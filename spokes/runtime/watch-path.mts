import type { Event } from '../../schemas/wire.ts';
import type { Change, Reply, Watching } from './api.mts';
import type { Listening } from './client.mts';
import { AxiumFailure } from './failure.mts';

/** Begins a watch by a request that its changes follow. */
export async function watchPath(
  listen: (onEvent: (event: Event) => void) => Listening,
  unwatch: (watch: number) => Promise<Reply>,
  handler: (change: Change) => unknown,
  report: (what: string, error: unknown) => void,
): Promise<Watching> {
  if (typeof handler !== 'function')
    throw new AxiumFailure('invalid', `fs.watch: expected a function, found ${typeof handler}`);
  let over: (failure: AxiumFailure | null) => void = () => {};
  const ended = new Promise<AxiumFailure | null>((resolve) => {
    over = resolve;
  });
  const call = async (names: Change['names']) => {
    try {
      await handler({ names });
    } catch (error) {
      report('fs.watch', error);
    }
  };
  const { id, reply, end } = listen((event) => {
    if (event.event === 'fs_change') void call(event.names);
    if (event.event !== 'watch_ended') return;
    end();
    over(new AxiumFailure(event.code, 'the spoke may not look there any more'));
  });
  const answer = await reply;
  if (!answer.ok) {
    end();
    throw new AxiumFailure(answer.code, answer.error, answer.entry);
  }
  return Object.freeze({
    ended,
    stop: async () => {
      end();
      over(null);
      // One that is over already is what was wanted.
      await unwatch(id);
    },
  });
}
