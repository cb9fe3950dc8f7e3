/** Takes on one thing that is ready, and tells what it weighs; 0 where there is nothing that may be taken now. */
export type Step = () => number;

/**
 * What all together may take in a turn of the event loop, and what each may take at least, so that a turn is short: while a
 * spoke reads the answers to one turn and asks again, the daemon works on the next.
 */
const IN_ALL = 32;
const SHARE = 16;

/**
 * Whose request is next: of all who have some ready, each gets one of its own before anybody gets a second. What comes in
 * one turn of the event loop waits for the end of it, and is then taken in rounds until everybody's share of the turn is
 * used up; the rest is for the next turn, after what has come in meanwhile. So a spoke that sends thousands at once holds
 * up another for a share, and not for thousands; and what was taken together is recorded with one write.
 */
export class Turns {
  readonly #atEndOfTurn: (call: () => number) => void;
  readonly #ready = new Set<Step>();
  #armed = false;
  #taken = 0;

  /**
   * `atEndOfTurn` calls back once everything that has come in was read, and before more is; it is told what was taken in
   * all, as the steps weigh it.
   */
  constructor(atEndOfTurn: (call: () => number) => void = setImmediate) {
    this.#atEndOfTurn = atEndOfTurn;
  }

  /** Has a step called from the next turn on, until it finds nothing to take. It waits once, however often it is told. */
  join(step: Step): void {
    this.#ready.add(step);
    if (this.#armed) return;
    this.#armed = true;
    this.#atEndOfTurn(() => this.#turn());
  }

  #turn(): number {
    this.#armed = false;
    this.#taken = 0;
    const share = Math.max(SHARE, Math.floor(IN_ALL / this.#ready.size));
    const left = [...this.#ready].map((step) => ({ step, rest: share }));
    this.#ready.clear();
    for (let round = left; round.length > 0; ) round = round.filter((one) => this.#mayGoOn(one));
    return this.#taken;
  }

  /** Takes on one thing; false where this was the last of its share, or there is nothing more. */
  #mayGoOn(one: { readonly step: Step; rest: number }): boolean {
    const weight = one.step();
    one.rest -= weight;
    this.#taken += weight;
    if (weight > 0 && one.rest <= 0) this.join(one.step);
    return weight > 0 && one.rest > 0;
  }
}
