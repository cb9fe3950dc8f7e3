import type { DecisionRecord, Outcome } from '../schemas/audit.ts';
import { shortPath } from '../schemas/places.ts';
import { visibleText } from '../schemas/visible-text.ts';
import type { Selected } from './audit-selection.ts';
import { harmlessJson } from './json-text.ts';
import { localTime } from './local-time.ts';
import { commandText } from './plain-text.ts';

const EFFECTS = { allow: 'allowed', deny: 'denied ', ask: 'asks   ' } as const;

/**
 * A record as a line for people, ended, with paths below `home` as they write them. An outcome says something only where
 * what was allowed failed: a decision that has such a one in it is two lines.
 */
export function auditText(selected: Selected, home: string): string {
  const { record } = selected;
  if (record.type === 'event') {
    const about = record.spoke === null ? '' : ` ${record.spoke}`;
    return line(record.time, `${about} ${record.event}`, harmlessJson(JSON.stringify(record.detail)));
  }
  if (record.type === 'decision') {
    const rule = record.rule ? ` (${shortPath(record.rule.origin, home)})` : '';
    const decided = `${whoAndWhat(EFFECTS[record.effect], record, home)}:`;
    const failed = record.outcome ? failureText(record.time, record.outcome, record, home) : '';
    return line(record.time, ` ${decided}`, record.reason + rule) + failed;
  }
  return 'decision' in selected ? failureText(record.time, record, selected.decision, home) : '';
}

function failureText(time: string, { ok, code }: Outcome, decision: DecisionRecord, home: string): string {
  return ok ? '' : line(time, ` ${whoAndWhat('failed ', decision, home)}:`, code ?? 'it failed');
}

function line(time: string, what: string, more: string): string {
  return `[${localTime(time)}]${visibleText(what)} ${visibleText(more)}\n`;
}

function whoAndWhat(effect: string, decision: DecisionRecord, home: string): string {
  const { principal, action, command, target, resource } = decision;
  const words = action === 'unknown' || action === 'storage' ? `${action} [${command}]` : action;
  const about = action === 'exec' ? (commandIn(target) ?? resource) : (target ?? resource);
  const what = about === null ? '' : ` ${shortPath(about, home)}`;
  return `${principal.replace(/^spoke:/, '')} ${effect} ${words}${what}`;
}

/** The words of a command as one would type them; null where the target is no command. */
function commandIn(target: string | null): string | null {
  if (target === null) return null;
  try {
    const argv: unknown = JSON.parse(target);
    return Array.isArray(argv) && argv.every((word) => typeof word === 'string') ? commandText(argv) : null;
  } catch {
    return null;
  }
}
