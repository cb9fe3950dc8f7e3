import type { AuditRecord, Outcome } from '../../schemas/audit.ts';
import type { Expectation } from './expectations.ts';

export type DecisionRecord = Extract<AuditRecord, { type: 'decision' }>;
type EventRecord = Extract<AuditRecord, { type: 'event' }>;

/** An allowed request that has not come to its end yet. */
interface Unfinished {
  readonly decision: DecisionRecord;
  readonly mayFail: boolean;
}

/** The records of the demo as they come in, held against what is expected of them. */
export class Collection {
  readonly decisions: DecisionRecord[] = [];
  /** The spokes that were ready, and those that failed. */
  readonly ready = new Set<string>();
  readonly #failed = new Set<string>();
  /** Codes of the allowed requests that failed, by request. */
  readonly #failures = new Map<string, string>();
  readonly #spokes: ReadonlySet<string>;
  readonly #open: Expectation[];
  readonly #unfinished = new Map<string, Unfinished>();
  readonly #differences: string[] = [];

  constructor(expectations: readonly Expectation[]) {
    this.#open = [...expectations];
    this.#spokes = new Set(expectations.map(({ spoke }) => spoke));
  }

  /** Takes one line of `audit.jsonl`. */
  add(line: string): void {
    const record = JSON.parse(line) as AuditRecord;
    if (record.type === 'decision') this.#decide(record);
    if (record.type === 'outcome') this.#finish(record.request, record);
    if (record.type === 'event') this.#happen(record);
  }

  /** True where the host could not confine the spokes as they must be, so that none was started. */
  get unconfinable(): boolean {
    return (
      this.decisions.length === 0 && this.#differences.some((text) => text.includes('it needs confinement'))
    );
  }

  /** True once each spoke is ready or has failed, and all that must be asked is decided and done. */
  get complete(): boolean {
    return this.completeButForPrograms && this.#unfinished.size === 0;
  }

  /** The same, whatever programs of the host that may fail are still at. */
  get completeButForPrograms(): boolean {
    const asked = this.#missing.every(({ spoke }) => this.#failed.has(spoke));
    return asked && this.#notReady.length === 0 && [...this.#unfinished.values()].every(mayFail);
  }

  /** What became of an allowed request other than that it was done; null where there is nothing to say. */
  fateOf({ request }: DecisionRecord): string | null {
    if (this.#unfinished.has(request)) return 'had not ended when the demo did';
    const code = this.#failures.get(request);
    if (code === 'not_found') return 'is not there on this host';
    return code === undefined ? null : `failed on this host (${code})`;
  }

  /** What went other than expected, a sentence each. */
  get differences(): readonly string[] {
    const unfinished = [...this.#unfinished.values()].filter((one) => !mayFail(one));
    return [
      ...this.#differences,
      ...this.#notReady.map((spoke) => `${spoke} was not ready in time`),
      ...unfinished.map(({ decision }) => `${askedBy(decision)} had not ended in time`),
      ...this.#missing.map(({ spoke, command, what }) =>
        `${spoke} never asked: ${command} ${what ?? ''}`.trimEnd(),
      ),
    ];
  }

  get #missing(): readonly Expectation[] {
    return this.#open.filter(({ mayNotCome }) => !mayNotCome);
  }

  get #notReady(): readonly string[] {
    return [...this.#spokes].filter((spoke) => !this.ready.has(spoke) && !this.#failed.has(spoke));
  }

  #decide(record: DecisionRecord): void {
    this.decisions.push(record);
    const allowed = record.effect === 'allow';
    const index = this.#open.findIndex((expectation) => isAbout(record, expectation));
    const [expected] = index === -1 ? [] : this.#open.splice(index, 1);
    if (allowed)
      this.#unfinished.set(record.request, { decision: record, mayFail: expected?.mayFail ?? false });
    if (expected === undefined) this.#differ(record, 'is not expected here');
    else if (expected.allowed !== allowed) this.#differ(record, `was to be ${verdict(expected.allowed)}`);
    if (record.outcome) this.#finish(record.request, record.outcome);
  }

  #finish(request: string, { ok, code }: Outcome): void {
    const one = this.#unfinished.get(request);
    this.#unfinished.delete(request);
    if (!one || ok) return;
    this.#failures.set(request, code ?? 'no code');
    if (!one.mayFail) this.#differ(one.decision, `was allowed and failed (${code ?? 'no code'})`);
  }

  #happen({ event, spoke, detail }: EventRecord): void {
    if (event === 'spoke_ready') this.ready.add(spoke ?? '');
    if (event !== 'spoke_failed') return;
    this.#failed.add(spoke ?? '');
    this.#differences.push(`${spoke} failed: ${detail.reason ?? 'no reason was given'}`);
  }

  #differ(record: DecisionRecord, how: string): void {
    this.#differences.push(
      `${askedBy(record)} ${how}; it was ${verdict(record.effect === 'allow')}: ${record.reason}`,
    );
  }
}

export function spokeOf({ principal }: DecisionRecord): string {
  return principal.replace(/^spoke:/, '');
}

function askedBy(record: DecisionRecord): string {
  return `${spokeOf(record)}: ${record.command} ${record.resource ?? ''}`.trimEnd();
}

function mayFail(unfinished: Unfinished): boolean {
  return unfinished.mayFail;
}

function isAbout(record: DecisionRecord, { spoke, command, what }: Expectation): boolean {
  if (spokeOf(record) !== spoke || record.command !== command) return false;
  return what instanceof RegExp ? what.test(record.resource ?? '') : what === record.resource;
}

function verdict(allowed: boolean): string {
  return allowed ? 'allowed' : 'denied';
}
