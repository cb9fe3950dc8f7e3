import type { AuditEntry, DecisionEntry, OutcomeEntry } from '../../schemas/audit.ts';
import type { ExecutorEntry } from '../../schemas/executor.ts';

/** Texts that are kept at most. */
const MAX_KEPT = 256;

interface Kept {
  readonly entry: DecisionEntry;
  /** All that follows the id of the request. */
  readonly text: string;
}

/**
 * Entries as JSON, without the braces around it: byte for byte what JSON.stringify makes of them. Requests that are about
 * nothing but the spoke itself differ from one to the next in their id alone, so the text of the rest is kept for each
 * process and command for as long as every other field stays what it was. That takes a tenth of the time.
 */
export class EntryTexts {
  /** By the running instance and the command. */
  readonly #kept = new Map<string, Map<string, Kept>>();
  #count = 0;

  of(entry: AuditEntry | ExecutorEntry): string {
    if (entry.type === 'outcome') return outcomeText(entry);
    if (entry.type !== 'decision' || entry.resource !== null || entry.target !== null)
      return JSON.stringify(entry).slice(1, -1);
    return `"type":"decision","request":${quoted(entry.request)},${this.#restOf(entry)}`;
  }

  #restOf(entry: DecisionEntry): string {
    const known = this.#kept.get(entry.subject)?.get(entry.command);
    if (known !== undefined && differOnlyById(known.entry, entry)) return known.text;
    const { type: _type, request: _request, ...rest } = entry;
    const text = JSON.stringify(rest).slice(1, -1);
    this.#keep({ entry, text });
    return text;
  }

  #keep(kept: Kept): void {
    if (this.#count >= MAX_KEPT) {
      this.#kept.clear();
      this.#count = 0;
    }
    const { subject, command } = kept.entry;
    const ofSubject = this.#kept.get(subject) ?? new Map<string, Kept>();
    if (!ofSubject.has(command)) this.#count += 1;
    this.#kept.set(subject, ofSubject.set(command, kept));
  }
}

/** Of two entries with the same subject and command, and without a resource or target. */
function differOnlyById(one: DecisionEntry, other: DecisionEntry): boolean {
  return (
    one.effect === other.effect &&
    one.policy === other.policy &&
    one.reason === other.reason &&
    one.action === other.action &&
    one.principal === other.principal &&
    one.level === other.level &&
    one.via_override === other.via_override &&
    areSame(one.rule, other.rule)
  );
}

function areSame(one: DecisionEntry['rule'], other: DecisionEntry['rule']): boolean {
  if (one === null || other === null) return one === other;
  const { pattern, effect, source, origin } = one;
  return (
    pattern === other.pattern && effect === other.effect && source === other.source && origin === other.origin
  );
}

function outcomeText({ request, ok, code, duration_ms: duration }: OutcomeEntry): string {
  const ms = Number.isFinite(duration) ? duration : null;
  return `"type":"outcome","request":${quoted(request)},"ok":${ok},"code":${quoted(code)},"duration_ms":${ms}`;
}

/** Text in which JSON escapes nothing: printable ASCII but for the quotation mark and the backslash. */
const PLAIN = /^[ !#-[\]-~]*$/;

function quoted(text: string | null): string {
  return text !== null && PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
}
