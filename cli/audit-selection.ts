import type { AuditRecord, DecisionRecord } from '../schemas/audit.ts';
import { type AuditFilter, isWanted } from './audit-filter.ts';

/** A record that was asked for. What came of a request is told with the decision that had allowed it. */
export type Selected =
  | { readonly record: Exclude<AuditRecord, { type: 'outcome' }> }
  | { readonly record: Extract<AuditRecord, { type: 'outcome' }>; readonly decision: DecisionRecord };

/** More than can be in the daemon's hands at once. */
const MAX_OPEN = 10_000;

/** Picks the records that a filter asks for, in the order of the log: an outcome counts where its decision did. */
export class AuditSelection {
  readonly #filter: AuditFilter;
  readonly #open = new Map<string, DecisionRecord>();

  constructor(filter: AuditFilter) {
    this.#filter = filter;
  }

  take(record: AuditRecord): Selected | null {
    if (record.type === 'outcome') {
      const decision = this.#open.get(record.request);
      this.#open.delete(record.request);
      return decision ? { record, decision } : null;
    }
    if (!isWanted(record, this.#filter)) return null;
    if (record.type === 'decision' && record.effect === 'allow') this.#remember(record);
    return { record };
  }

  #remember(record: DecisionRecord): void {
    this.#open.set(record.request, record);
    const [oldest] = this.#open.keys();
    if (this.#open.size > MAX_OPEN && oldest !== undefined) this.#open.delete(oldest);
  }
}
