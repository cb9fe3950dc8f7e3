/** What installing the executor writes. A text of null: no such file is needed, and one that is there goes. */
export interface ExecutorPlan {
  readonly files: readonly { readonly path: string; readonly text: string | null }[];
  /** What speaks against it, a line each. */
  readonly problems: readonly string[];
}
