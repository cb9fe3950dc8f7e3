import type { Event } from '../../schemas/wire.ts';
import type { Finished, Streamed } from './api.mts';
import type { Listening } from './client.mts';
import { AxiumFailure } from './failure.mts';

/** The answer of `daemon_exec` as the wire has it. */
export interface WireExec {
  readonly job: string;
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly timed_out: boolean;
  readonly truncated: boolean;
}

export function finishedOf(answer: WireExec): Finished {
  const { code, signal, stdout, stderr, timed_out: timedOut, truncated } = answer;
  return { code, signal, stdout, stderr, timedOut, truncated };
}

type Piece = { readonly stream: 'stdout' | 'stderr'; readonly text: string };

/** Starts a command by a request that its output follows, and hands out both. */
export function streamCommand(listen: (onEvent: (event: Event) => void) => Listening): Streamed {
  const pieces: Piece[] = [];
  let isOver = false;
  let wake = () => {};
  const { reply, end } = listen((event) => {
    if (event.event !== 'job_output') return;
    pieces.push({ stream: event.stream, text: event.text });
    wake();
  });
  const finished = reply
    .then((answer) => {
      if (!answer.ok) throw new AxiumFailure(answer.code, answer.error, answer.entry);
      return finishedOf(answer as unknown as WireExec);
    })
    .finally(() => {
      end();
      isOver = true;
      wake();
    });
  // Whoever reads the output alone hears of a failure there.
  finished.catch(() => {});
  async function* output() {
    for (;;) {
      const piece = pieces.shift();
      if (piece !== undefined) yield piece;
      else if (isOver) break;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
    await finished;
  }
  return { output: output(), finished };
}
