/** One running instance of a spoke, as the daemon bound it to its channel. Nothing that a spoke says is in it. */
export interface Subject {
  /** The name of a spoke; of a person, their principal, which no spoke can be called. */
  readonly spoke: string;
  /** Tells this run of the spoke from its other runs. */
  readonly instance: string;
  /** How it is confined. */
  readonly level: string;
  /** Waits until there is room for so many bytes of an answer. Rejects with `busy`. Absent where nobody counts them. */
  readonly takeRoom?: (bytes: number) => Promise<void>;
}

/** True for the principal of a person, which no spoke can be called. */
export function isPerson(owner: string): boolean {
  return owner.includes(':');
}

/** Who asks, as one word: `spoke:creds`, `user:1000`. */
export function principalOf({ spoke }: Pick<Subject, 'spoke'>): string {
  return isPerson(spoke) ? spoke : `spoke:${spoke}`;
}
