import type { AuditRecord, DecisionRecord } from '../schemas/audit.ts';
import { type AuditFilter, isWanted } from './audit-filter.ts';

/** A record that was asked for. What came of a request is told with the decision that had allowed it. */
export type Selected =
  | { readonly record: Exclude<AuditRecord, { type: 'outcome' }> }
  | { readonly record: Extract<AuditRecord, { type: 'outcome' }>; readonly decision: DecisionRecord };

/** More than can be in the daemon's hands at once. */
const MAX_OPEN = 10_000;
/** Decisions with their outcome in them are open no more, but for a defect that another record tells of at once. */
const MAX_DONE = 100;

/** Picks the records that a filter asks for, in the order of the log: an outcome counts where its decision did. */
export class AuditSelection {
  readonly #filter: AuditFilter;
  readonly #open = new Map<string, DecisionRecord>();
  readonly #done = new Map<string, DecisionRecord>();

  constructor(filter: AuditFilter) {
    this.#filter = filter;
  }

  take(record: AuditRecord): Selected | null {
    if (record.type === 'outcome') {
      const decision = this.#open.get(record.request) ?? this.#done.get(record.request);
      this.#open.delete(record.request);
      return decision ? { record, decision } : null;
    }
    if (!isWanted(record, this.#filter)) return null;
    if (record.type === 'decision' && record.effect === 'allow') {
      if (record.outcome) remember(this.#done, record, MAX_DONE);
      else remember(this.#open, record, MAX_OPEN);
    }
    return { record };
  }
}

function remember(decisions: Map<string, DecisionRecord>, record: DecisionRecord, most: number): void {
  decisions.set(record.request, record);
  const [oldest] = decisions.keys();
  if (decisions.size > most && oldest !== undefined) decisions.delete(oldest);
}
