/** What one level of confinement is worth on this host, as `axium doctor --json` prints it. */
export interface LevelReport {
  readonly level: 'strong' | 'kernel' | 'seatbelt' | 'none';
  /** A spoke run at this level could do nothing that the level promises to hold. */
  readonly holds: boolean;
  /** What a spoke can do at this level that a perfect sandbox would not let it. */
  readonly open: readonly string[];
  /** Why it could not be tried, or which promise it broke. */
  readonly problem: string | null;
  readonly hint: string | null;
}

export interface DoctorReport {
  readonly levels: readonly LevelReport[];
  /** The strongest level that holds: the one that spokes get. */
  readonly best: LevelReport['level'];
  /** What holds the processes of a command together. */
  readonly commands: 'namespace' | 'cgroup' | 'group';
  /** Commands of the scoped profile can be had. */
  readonly scoped: boolean;
  readonly node: string;
  /** The policy of this host: `ignored` where it is not root's alone, `invalid` where nothing would be allowed by it. */
  readonly policy: {
    readonly file: string;
    readonly standing: 'none' | 'in force' | 'ignored' | 'invalid';
    readonly problems: readonly string[];
  };
}
