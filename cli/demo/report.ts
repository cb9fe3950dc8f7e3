import type { ControlReplies } from '../../schemas/control-replies.ts';
import { visibleText } from '../../schemas/visible-text.ts';
import { notificationsText } from '../notifications-text.ts';
import { type Collection, type DecisionRecord, spokeOf } from './collection.ts';
import type { SampleHome } from './sample-home.ts';

export interface Findings {
  readonly sample: SampleHome;
  /** The directory of the package, in which the bundled spokes lie. */
  readonly root: string;
  readonly spokes: readonly string[];
  readonly collection: Pick<Collection, 'decisions' | 'ready' | 'fateOf'>;
  readonly notes: readonly string[];
  readonly notifications: ControlReplies['notify_lease']['notifications'];
  readonly segments: ControlReplies['hud']['segments'];
  readonly securityLog: string;
  /** Lines of the security log to show. */
  readonly example: readonly string[];
  readonly auditLog: string;
}

/** What a newcomer sees: each request, the decision and why; what came of it; where the records lie. */
export function reportText(findings: Findings): string {
  const { sample, spokes, notes, notifications, segments } = findings;
  const { decisions } = findings.collection;
  const allowed = decisions.filter(({ effect }) => effect === 'allow').length;
  return [
    `A private daemon ran the bundled spokes on a sample home in ${sample.directory}\n`,
    `${spokes.join(', ')}: what some of them ask depends on what this host has\n`,
    ...notes.map((note) => `note: ${visibleText(note)}\n`),
    ...spokes.map((spoke) => spokeText(findings, spoke)),
    `\nNotifications\n${indent(notificationsText(notifications)) || '  none\n'}`,
    `\nHUD\n  ${segments.map(({ value }) => visibleText(value)).join(' ')}\n`,
    `\n${decisions.length} requests: ${allowed} allowed, ${decisions.length - allowed} denied\n`,
    `\nsecurity log  ${findings.securityLog}\naudit log     ${findings.auditLog}\n`,
    ...findings.example.map((line) => `one line of the security log:\n  ${visibleText(line)}\n`),
    `All of it lies in one directory; remove it with: rm -r ${sample.directory}\n`,
  ].join('');
}

function spokeText(findings: Findings, spoke: string): string {
  const { decisions, ready } = findings.collection;
  const own = decisions.filter((record) => spokeOf(record) === spoke);
  const levels = [...new Set(own.map(({ level }) => level))].join(', ') || 'unknown';
  const state = ready.has(spoke) ? 'ready' : 'not ready';
  const lines = own.map((record) => decisionText(record, findings));
  return `\n${visibleText(spoke)} (${state}, sandbox level: ${visibleText(levels)})\n${lines.join('')}`;
}

function decisionText(record: DecisionRecord, findings: Findings): string {
  const verdict = record.effect === 'allow' ? 'allowed' : 'denied ';
  const near = (path: string) => shortened(path, findings);
  const where = record.rule === null ? '' : ` (${near(record.rule.origin)})`;
  const words = [record.action, namesMore(record) ? `[${record.command}]` : '', near(askedFor(record))];
  const asked = words.filter((word) => word !== '').join(' ');
  const fate = findings.collection.fateOf(record);
  const lines = [visibleText(near(record.reason) + where), ...(fate === null ? [] : [visibleText(fate)])];
  return `  ${verdict}  ${visibleText(asked)}\n${lines.map((line) => `           ${line}\n`).join('')}`;
}

/** What was asked for; where the request did not name it, what it turned out to be. */
function askedFor({ resource, target }: DecisionRecord): string {
  return resource ?? target ?? '';
}

/** True where the action alone does not tell what the spoke did. */
function namesMore({ action, command }: DecisionRecord): boolean {
  return ['get_config', 'storage_get', 'storage_put'].includes(command) || action === 'unknown';
}

/** Paths below the sample home and the package, as a reader would say them. */
function shortened(text: string, { sample, root }: Findings): string {
  return text
    .replaceAll(`${sample.home}/`, '~/')
    .replaceAll(`${sample.directory}/`, '')
    .replaceAll(`${root}/`, '');
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, '  ');
}
