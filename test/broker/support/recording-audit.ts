import { decisionEntry, detailOf } from '../../../core/audit/decision-entry.ts';
import type { SecurityDetail } from '../../../core/audit/security-line.ts';
import type { BrokerInput } from '../../../core/broker.ts';
import type { DecisionEntry, OutcomeEntry } from '../../../schemas/audit.ts';

export type Recorded = DecisionEntry | OutcomeEntry;

/** An audit that keeps what it is told, and lets the test say when a record is written and whether it can be. */
export interface RecordingAudit extends Pick<BrokerInput['audit'], 'decision' | 'plainDecision' | 'outcome'> {
  readonly entries: Recorded[];
  readonly details: SecurityDetail[];
  readonly decisions: () => readonly DecisionEntry[];
  readonly outcomes: () => readonly OutcomeEntry[];
  /** From now on no record is written until `release`. Settles when one waits to be. */
  readonly hold: () => { readonly waiting: Promise<void>; readonly release: () => void };
  /** From now on records of this type cannot be written. */
  readonly fail: (type: Recorded['type']) => void;
}

export function createRecordingAudit(): RecordingAudit {
  const entries: Recorded[] = [];
  const details: SecurityDetail[] = [];
  const failing = new Set<Recorded['type']>();
  let gate = Promise.resolve();
  let onWaiting = () => {};
  const write = async (entry: Recorded) => {
    onWaiting();
    await gate;
    if (failing.has(entry.type)) throw Object.assign(new Error('full'), { code: 'ENOSPC' });
    entries.push(entry);
  };
  return {
    entries,
    details,
    decisions: () => entries.filter((entry) => entry.type === 'decision'),
    outcomes: () => entries.filter((entry) => entry.type === 'outcome'),
    decision: (entry, detail) => {
      details.push(detail);
      return write(entry);
    },
    plainDecision: (decided, outcome, told) => {
      const entry = decisionEntry(decided);
      details.push({ spoke: decided.subject.spoke, detail: detailOf(entry, null) });
      void write({ ...entry, ...(outcome === null ? {} : { outcome }) }).then(() => told(null), told);
    },
    outcome: write,
    hold() {
      let release = () => {};
      gate = new Promise((resolve) => {
        release = resolve;
      });
      const waiting = new Promise<void>((resolve) => {
        onWaiting = resolve;
      });
      return { waiting, release };
    },
    fail: (type) => {
      failing.add(type);
    },
  };
}
