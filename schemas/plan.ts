import type { Answer } from './answer.ts';
import type { Effective } from './effective.ts';

/** What one spoke may do after a change and could not before, and the other way round. */
export interface RightsChange {
  readonly spoke: string;
  /** As in the files, with source and place. */
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** How many more there are of both. */
  readonly more: number;
}

/** Something sensitive that a change would open. */
export interface Opening {
  readonly spoke: string;
  /** What opens it: `fs_read ~/**`. */
  readonly by: string;
  /** What is opened, each in a few words. */
  readonly opens: readonly string[];
}

/** What a new text of permissions.yaml would come to. */
export interface Plan {
  readonly ok: boolean;
  /** Why the text before could not be taken. */
  readonly broken: readonly string[];
  /** Why it cannot be taken. */
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  /** What each spoke could do before, by name. */
  readonly rights: Readonly<Record<string, Effective>>;
  /** What changes for whom; null where the text before was broken, so that there is nothing to compare with. */
  readonly changes: readonly RightsChange[] | null;
  readonly opens: readonly Opening[];
  /** What would be decided by the new text, where that was asked. */
  readonly answer: Answer | null;
}
