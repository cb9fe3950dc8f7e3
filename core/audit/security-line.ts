import type { DecisionEntry } from '../../schemas/audit.ts';
import { visibleText, visibleWord } from '../../schemas/visible-text.ts';

/** What the line shows beside the decision itself. */
export interface SecurityDetail {
  readonly spoke: string;
  /** The command as asked, or a real path; null prints as None. */
  readonly detail: string | null;
}

/**
 * The documented `[SECURITY]` line of one decision, without its newline. Nothing in it can break the line, and the path
 * of `action=fs_read:` has no blanks, so that it cannot be taken for another field.
 */
export function securityLine(entry: DecisionEntry, { spoke, detail }: SecurityDetail): string {
  const named = entry.action === 'fs_read' || entry.action === 'fs_write';
  const action = named ? `${entry.action}:${visibleWord(entry.resource ?? '')}` : entry.action;
  const about = detail === null ? 'None' : visibleText(detail);
  const decided = `allowed=${entry.effect === 'allow'} detail=${about} via_override=${entry.via_override}`;
  return `[SECURITY] spoke=${visibleWord(spoke)} action=${action} ${decided}`;
}
