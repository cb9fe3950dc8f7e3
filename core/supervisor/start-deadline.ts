import type { Clock, Timer } from '../powers.ts';
import type { LoadedManifest } from '../registry/load-manifest.ts';

export interface StartDeadline {
  readonly clock: Pick<Clock, 'after'>;
  readonly spoke: LoadedManifest;
  /** The line of the function that is called, for its author; null where it cannot be told. Never rejects. */
  readonly findLine: (spoke: LoadedManifest) => Promise<number | null>;
}

/** How long a spoke may take until it is ready. */
const START_MS = 10_000;
/** So long before it is over the line is looked up: most spokes are ready by then, and nobody asks for theirs. */
const LOOK_MS = 5000;

/** Waits for a start to take too long, and calls back with what its author has to change. */
export function watchStart(
  { clock, spoke, findLine }: StartDeadline,
  onLate: (reason: string) => void,
): Timer {
  // Not waited for at the end: a disk that does not answer must not put off the end of a spoke.
  let line: number | null = null;
  let timer = clock.after(START_MS - LOOK_MS, () => {
    void findLine(spoke).then((found) => {
      line = found;
    });
    timer = clock.after(LOOK_MS, () =>
      onLate(`it was not ready within ${START_MS / 1000} s: ${whatToDo(spoke, line)}`),
    );
  });
  return { cancel: () => timer.cancel() };
}

/** A program of its own says that it is ready by itself. */
function whatToDo({ directory, module, function: name }: LoadedManifest, line: number | null): string {
  const at = line === null ? '' : `:${line}`;
  return name === ''
    ? `${directory}/${module}: it has not sent 'ready'; send it once it has begun its work`
    : `${directory}/${module}${at}: '${name}' has not returned, or what it awaits has not settled; begin what takes longer without waiting for it`;
}
