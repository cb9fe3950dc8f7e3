import type { SpokeStatus } from '../../schemas/control.ts';
import type { Event } from '../../schemas/wire.ts';
import type { LoadedManifest } from '../registry/load-manifest.ts';
import type { SpokeRun } from './spoke-run.ts';

export interface SupervisorInput {
  /** Makes a run of a spoke that is not started yet. */
  readonly makeRun: (spoke: LoadedManifest) => SpokeRun;
}

/** Keeps the spokes running that there are, in the order in which they were found. */
export class Supervisor {
  readonly #input: SupervisorInput;
  #runs = new Map<string, SpokeRun>();
  /** Each looks whether what it waits for has come. */
  readonly #waiting = new Set<() => void>();
  #stopped = false;
  #updating: Promise<unknown> = Promise.resolve();

  constructor(input: SupervisorInput) {
    this.#input = input;
  }

  /**
   * Makes what runs the same as what there is: starts the new, stops what is gone, restarts what changed and, where it
   * is named in `again`, what did not. Settles when all that had to stop has stopped; starting goes on.
   */
  async update(spokes: readonly LoadedManifest[], again: ReadonlySet<string>): Promise<void> {
    const before = this.#runs;
    const runs = new Map<string, SpokeRun>();
    const stopping: Promise<void>[] = [];
    for (const spoke of spokes) {
      const { name } = spoke.manifest;
      const old = before.get(name);
      const stays =
        old !== undefined && isSame(old.spoke, spoke) && !again.has(name) && old.state !== 'failed';
      const run = stays ? old : this.#input.makeRun(spoke);
      runs.set(name, run);
      if (stays) continue;
      const stopped = old?.stop() ?? Promise.resolve();
      stopping.push(
        stopped.then(() => {
          if (!this.#stopped) run.start();
        }),
      );
    }
    for (const [name, run] of before) if (!runs.has(name)) stopping.push(run.stop());
    this.#runs = runs;
    this.#updating = Promise.all(stopping);
    await this.#updating;
  }

  /** Stops all of them. Bounded. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all([this.#updating, ...[...this.#runs.values()].map((run) => run.stop())]);
  }

  list(): readonly SpokeStatus[] {
    return [...this.#runs.values()].map((run) => run.status());
  }

  find(name: string): SpokeRun | undefined {
    return this.#runs.get(name);
  }

  /**
   * Settles once the spoke is ready, has failed or was stopped, and at once where there is none of this name. Bounded, as
   * a start is.
   */
  settled(name: string): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        const state = this.#runs.get(name)?.state;
        if (state === 'starting' || state === 'stopping') return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }

  /** To be called whenever the state of a run has changed. */
  noticeState(): void {
    for (const look of [...this.#waiting]) look();
  }

  send(name: string, event: Event): void {
    this.#runs.get(name)?.send(event);
  }
}

function isSame(one: LoadedManifest, other: LoadedManifest): boolean {
  return one.text === other.text && one.directory === other.directory && one.module === other.module;
}
