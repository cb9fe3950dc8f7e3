/** One running instance of a spoke, as the daemon bound it to its channel. Nothing that a spoke says is in it. */
export interface Subject {
  readonly spoke: string;
  /** Tells this run of the spoke from its other runs. */
  readonly instance: string;
  /** How it is confined. */
  readonly level: string;
}
