import type { LoadedManifest } from '../registry/load-manifest.ts';
import type { ConfinedProcess, Sandbox } from '../sandbox/sandbox.ts';

/** Where the process of a spoke comes from. */
export interface ProcessSource {
  readonly spoke: LoadedManifest;
  readonly sandbox: Sandbox;
  /** The sandbox does not start it at all, as things are configured. */
  readonly isRefused: boolean;
  /**
   * Looks, right before each process, whether the code may run as it lies there now, and settles with why not, or null.
   * Itself null where there is nothing to look at.
   */
  readonly objection?: () => Promise<string | null> | null;
  /**
   * Settles with a process that was started ahead and has this spoke before it, to be used in the place of a new one, or
   * with null where there is none; a rejection is the same. Itself null where that is known at once.
   */
  readonly takeWarm?: () => Promise<ConfinedProcess | null> | null;
}

/** What comes of a start. One of the last three is called, once. */
export interface StartListener {
  /** Whether a process is still to be started: the spoke may have been stopped, or have taken too long. */
  readonly isWanted: () => boolean;
  readonly onStarted: (process: ConfinedProcess, isWarm: boolean) => void;
  /** It may not run, and trying again would change nothing. */
  readonly onRefused: (reason: string) => void;
  /** No process is there, be it that none could be started or that none was wanted any more; null where that is all. */
  readonly onNone: (reason: string | null) => void;
}

/**
 * Starts the process of a spoke, or takes the one that was started ahead, once it is known that the spoke may run: at once
 * where there is nothing to look at. No process is left where it may not.
 */
export function startProcess(source: ProcessSource, listener: StartListener): void {
  const { takeWarm, objection } = source;
  // What goes wrong with a process that was started ahead is no event of this spoke.
  const taking = takeWarm?.()?.catch(() => null) ?? null;
  const looking = taking === null ? (objection?.() ?? null) : taking.then(() => objection?.() ?? null);
  if (looking === null) {
    start(source, listener);
    return;
  }
  const judged = looking.catch((error: unknown) => `it cannot be told whether it may run: ${String(error)}`);
  void Promise.all([taking, judged]).then(async ([warm, against]) => {
    if (against === null && listener.isWanted()) {
      if (warm === null) start(source, listener);
      else listener.onStarted(warm, true);
      return;
    }
    // No process of it may be left, not even one that has run none of its code.
    warm?.kill();
    await warm?.exited;
    if (against !== null && listener.isWanted()) listener.onRefused(against);
    else listener.onNone(null);
  });
}

function start({ spoke, sandbox, isRefused }: ProcessSource, listener: StartListener): void {
  const { directory, module, manifest } = spoke;
  let process: ConfinedProcess;
  try {
    process = sandbox.start({ directory, module, runtime: manifest.runtime });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (isRefused) listener.onRefused(reason);
    else listener.onNone(reason);
    return;
  }
  listener.onStarted(process, false);
}
