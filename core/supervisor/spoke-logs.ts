import type { Powers } from '../powers.ts';
import { SpokeLog } from './spoke-log.ts';

/** The log of each spoke, opened when it is first needed. */
export class SpokeLogs {
  readonly #powers: Pick<Powers, 'filesNow' | 'clock'>;
  readonly #directory: string;
  readonly #logs = new Map<string, SpokeLog>();

  constructor(powers: Pick<Powers, 'filesNow' | 'clock'>, directory: string) {
    this.#powers = powers;
    this.#directory = directory;
  }

  of(spoke: string): SpokeLog {
    const log = this.#logs.get(spoke) ?? new SpokeLog(this.#powers, `${this.#directory}/${spoke}.log`);
    this.#logs.set(spoke, log);
    return log;
  }

  close(): void {
    for (const log of this.#logs.values()) log.close();
    this.#logs.clear();
  }
}
