import type { AuditRecord, DecisionRecord } from '../../schemas/audit.ts';
import { visibleText } from '../../schemas/visible-text.ts';
import type { Selected } from '../audit-selection.ts';
import { auditText } from '../audit-text.ts';
import { localTime } from '../local-time.ts';

type EventRecord = Extract<AuditRecord, { type: 'event' }>;

/** What an author sees of one record: every request with its decision and the fix, and how the spoke's process fares. */
export function devText(selected: Selected, home: string, where: (text: string) => string): string {
  const { record } = selected;
  if (record.type === 'event') return eventText(record, where);
  if (record.type !== 'decision') return auditText(selected, home);
  const rule = record.rule && { ...record.rule, origin: where(record.rule.origin) };
  const text = auditText({ record: { ...record, rule } }, home);
  const fix = fixFor(record);
  return text + (fix === null ? '' : `  to allow it, in spoke.yaml under permissions: ${visibleText(fix)}\n`);
}

const TOLD: Readonly<Record<string, (version: unknown, level: unknown) => string>> = {
  spoke_ready: (version, level) => `${version} ready (${level})`,
  spoke_idle: () => 'is idle until something starts it',
  spoke_failed: () => 'failed:',
  spoke_quarantined: () => 'is not tried again before a file changes:',
  job_revoked: () => 'lost a right, and its command was ended',
};

function eventText({ time, event, spoke, detail }: EventRecord, where: (text: string) => string): string {
  const told = TOLD[event];
  if (!told || spoke === null) return '';
  const { version, level, reason } = detail;
  const why = typeof reason === 'string' ? ` ${where(reason)}` : '';
  return `[${localTime(time)}] ${visibleText(`${spoke} ${told(version, level)}${why}`)}\n`;
}

/** The entry that would change a decision; null where none would, or where a rule says no. */
function fixFor({ action, resource, effect, rule }: DecisionRecord): string | null {
  if (effect !== 'deny' || rule !== null) return null;
  if (action === 'notify' || action === 'facts') return `${action}: true`;
  const isListed = action === 'fs_read' || action === 'fs_write' || action === 'exec';
  return isListed && resource !== null ? `${action}: [${JSON.stringify(resource)}]` : null;
}
