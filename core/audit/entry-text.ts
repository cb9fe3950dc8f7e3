import type { DecisionEntry, OutcomeEntry } from '../../schemas/audit.ts';
import { innerJson } from './chained-log.ts';
import { type SecurityDetail, securityLine } from './security-line.ts';

/** Texts that are kept at most. */
const MAX_KEPT = 256;

interface Kept {
  readonly entry: DecisionEntry;
  /** The one that the line names. */
  readonly spoke: string;
  /** All that follows the id of the request. */
  readonly rest: string;
  readonly line: string;
}

/** What is written of a decision: its record as JSON without the braces around it, and its line for people. */
export interface DecisionTexts {
  readonly record: string;
  /** With its newline. */
  readonly line: string;
}

/**
 * What is written of decisions: byte for byte what JSON.stringify and `securityLine` make of them. Requests that are about
 * nothing but the spoke itself differ from one to the next in their id alone, which is not in the line for people. So that
 * line, and the rest of the record, are kept for each process and command for as long as every other field stays what it
 * was. That takes a tenth of the time.
 */
export class EntryTexts {
  /** By the running instance and the command. */
  readonly #kept = new Map<string, Map<string, Kept>>();
  #count = 0;

  decision(entry: DecisionEntry, detail: SecurityDetail): DecisionTexts {
    if (entry.resource !== null || entry.target !== null || detail.detail !== null)
      return { record: innerJson(entry), line: lineOf(entry, detail) };
    const { rest, line } = this.#keptOf(entry, detail);
    return { record: `"type":"decision","request":${quoted(entry.request)},${rest}`, line };
  }

  #keptOf(entry: DecisionEntry, detail: SecurityDetail): Kept {
    const known = this.#kept.get(entry.subject)?.get(entry.command);
    if (known?.spoke === detail.spoke && differOnlyById(known.entry, entry)) return known;
    const { type: _type, request: _request, ...fields } = entry;
    const kept = { entry, spoke: detail.spoke, rest: innerJson(fields), line: lineOf(entry, detail) };
    this.#keep(kept);
    return kept;
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

function lineOf(entry: DecisionEntry, detail: SecurityDetail): string {
  return `${securityLine(entry, detail)}\n`;
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

/** An outcome as JSON, without the braces around it. */
export function outcomeText({ request, ok, code, duration_ms: duration }: OutcomeEntry): string {
  const ms = Number.isFinite(duration) ? duration : null;
  return `"type":"outcome","request":${quoted(request)},"ok":${ok},"code":${quoted(code)},"duration_ms":${ms}`;
}

/** Text in which JSON escapes nothing: printable ASCII but for the quotation mark and the backslash. */
const PLAIN = /^[ !#-[\]-~]*$/;

function quoted(text: string | null): string {
  if (text === null) return 'null';
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
}
