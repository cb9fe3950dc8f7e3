const MAX_IDS = 4096;

/**
 * The requests of each uid that were carried out: an id is good for one time. One user's ids say nothing of another's, so
 * nobody can use up an id for somebody else.
 */
export class Seen {
  readonly #byUid = new Map<number, Set<string>>();

  has(uid: number, request: string): boolean {
    return this.#byUid.get(uid)?.has(request) ?? false;
  }

  add(uid: number, request: string): void {
    const ids = this.#byUid.get(uid) ?? new Set<string>();
    this.#byUid.set(uid, ids);
    ids.add(request);
    // A set keeps the order in which it was added to: the oldest goes.
    if (ids.size > MAX_IDS) for (const oldest of [...ids].slice(0, ids.size - MAX_IDS)) ids.delete(oldest);
  }
}
