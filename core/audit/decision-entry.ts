import { createHash } from 'node:crypto';
import type { RecordedAction } from '../../schemas/actions.ts';
import type { DecisionEntry } from '../../schemas/audit.ts';
import { type Decision, formatOrigin, type Target } from '../../schemas/decision.ts';
import { principalOf, type Subject } from '../../schemas/subject.ts';

/** A request and what was decided on it. */
export interface DecidedRequest {
  readonly subject: Subject;
  /** The daemon's own id of the request, by which its decision and its outcome belong together. */
  readonly request: string;
  readonly command: string;
  readonly action: RecordedAction;
  readonly resource: string | null;
  readonly target: Target | null;
  readonly decision: Decision;
  /** The hash of the policy that decided. */
  readonly policy: string;
}

/** One for an action without an object. */
export type PlainRequest = DecidedRequest & { readonly target: null };

/** One decision as it stands in `audit.jsonl`, before it gets its place in the chain. */
export function decisionEntry({ subject, target, decision, ...request }: DecidedRequest): DecisionEntry {
  const { rule } = decision;
  return {
    type: 'decision',
    request: request.request,
    principal: principalOf(subject),
    subject: subject.instance,
    level: subject.level,
    command: request.command,
    action: request.action,
    resource: clipped(request.resource ?? (target?.kind === 'path' ? target.asked : null)),
    target: clipped(describeTarget(target)),
    effect: decision.effect,
    reason: clipped(decision.reason),
    rule: rule && {
      pattern: rule.pattern,
      effect: rule.effect,
      source: rule.source,
      origin: formatOrigin(rule.origin),
    },
    via_override: decision.viaOverride,
    policy: request.policy,
  };
}

/** A breach of the wire as the denial that it is: the channel is closed and the spoke ended. */
export function breachEntry(subject: Subject, what: string, policy: string): DecisionEntry {
  const reason = `it broke the rules of the wire: ${what}`;
  const decision: Decision = { effect: 'deny', reason, rule: null, source: 'system', viaOverride: false };
  const request = `${subject.instance}-breach`;
  return decisionEntry({
    subject,
    request,
    command: '',
    action: 'channel',
    resource: null,
    target: null,
    decision,
    policy,
  });
}

/** What the security line shows as detail: the command as asked, the real path, or nothing. */
export function detailOf(entry: DecisionEntry, target: Target | null): string | null {
  if (entry.action === 'exec') return entry.resource;
  if (target?.kind === 'privileged') return target.argv.join(' ');
  return target?.kind === 'path' ? target.real : null;
}

/** Characters of one text that a record keeps. What is longer is told by its beginning and its hash. */
const MAX_TEXT = 1024;

function clipped<T extends string | null>(text: T): T {
  if (text === null || text.length <= MAX_TEXT) return text;
  const hash = createHash('sha256').update(text).digest('hex');
  return `${text.slice(0, MAX_TEXT)}... (${text.length} characters, sha256 ${hash})` as T;
}

/** What a target is, as text: a real path, or the words of a command as JSON. */
export function describeTarget(target: Target | null): string | null {
  if (target?.kind === 'path') return target.real;
  return target?.kind === 'command' || target?.kind === 'privileged' ? JSON.stringify(target.argv) : null;
}
