import type { DecisionEntry, Outcome, OutcomeEntry } from '../../schemas/audit.ts';
import { decisionEntry, detailOf, type PlainRequest } from './decision-entry.ts';
import { innerJson } from './inner-json.ts';
import { type SecurityDetail, securityLine } from './security-line.ts';

/** Texts that are kept at most. */
const MAX_KEPT = 256;

interface Kept {
  readonly decided: PlainRequest;
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

/** What is written of any decision. */
export function decisionTexts(entry: DecisionEntry, detail: SecurityDetail): DecisionTexts {
  return { record: innerJson(entry), line: `${securityLine(entry, detail)}\n` };
}

/**
 * What is written of decisions on actions without an object: byte for byte what `decisionTexts` makes of them. Requests
 * that are about nothing but the spoke itself differ from one to the next in their id and outcome alone, which are not in
 * the line for people. So that line, and the rest of the record, are kept for each process and command for as long as the
 * decision is the same one, by the same policy. Not even an entry is made of it then, which takes longer than all else.
 * The id of a request is the daemon's own: letters, digits and hyphens, of which JSON escapes none.
 */
export class PlainTexts {
  /** By the running instance and the command. */
  readonly #kept = new Map<string, Map<string, Kept>>();
  #count = 0;

  of(decided: PlainRequest, outcome: Outcome | null): DecisionTexts {
    const { rest, line } = decided.resource === null ? this.#keptOf(decided) : textsOf(decided);
    const end = outcome === null ? '' : `,"outcome":{${outcomeFields(outcome)}}`;
    return { record: `"type":"decision","request":"${decided.request}",${rest}${end}`, line };
  }

  #keptOf(decided: PlainRequest): Kept {
    const known = this.#kept.get(decided.subject.instance)?.get(decided.command);
    if (known !== undefined && saysTheSame(known.decided, decided)) return known;
    const kept = textsOf(decided);
    this.#keep(kept);
    return kept;
  }

  #keep(kept: Kept): void {
    if (this.#count >= MAX_KEPT) {
      this.#kept.clear();
      this.#count = 0;
    }
    const { subject, command } = kept.decided;
    const ofInstance = this.#kept.get(subject.instance) ?? new Map<string, Kept>();
    if (!ofInstance.has(command)) this.#count += 1;
    this.#kept.set(subject.instance, ofInstance.set(command, kept));
  }
}

function textsOf(decided: PlainRequest): Kept {
  const entry = decisionEntry(decided);
  const detail = { spoke: decided.subject.spoke, detail: detailOf(entry, decided.target) };
  const { record, line } = decisionTexts(entry, detail);
  const { type, request } = entry;
  return { decided, rest: record.slice(innerJson({ type, request }).length + 1), line };
}

/** Of two decisions for the same instance and command. A decision that was made never changes. */
function saysTheSame(one: PlainRequest, other: PlainRequest): boolean {
  return (
    one.decision === other.decision &&
    one.policy === other.policy &&
    one.action === other.action &&
    one.subject.spoke === other.subject.spoke &&
    one.subject.level === other.subject.level
  );
}

/** An outcome as JSON, without the braces around it. */
export function outcomeText({ request, ok, code, duration_ms }: OutcomeEntry): string {
  return `"type":"outcome","request":${quoted(request)},${outcomeFields({ ok, code, duration_ms })}`;
}

function outcomeFields({ ok, code, duration_ms: duration }: Outcome): string {
  return `"ok":${ok},"code":${quoted(code)},"duration_ms":${Number.isFinite(duration) ? duration : null}`;
}

/** Text in which JSON escapes nothing: printable ASCII but for the quotation mark and the backslash. */
const PLAIN = /^[ !#-[\]-~]*$/;

function quoted(text: string | null): string {
  if (text === null) return 'null';
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
}
