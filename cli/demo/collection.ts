import type { AuditRecord } from '../../schemas/audit.ts';
import type { Expectation } from './expectations.ts';

export type DecisionRecord = Extract<AuditRecord, { type: 'decision' }>;

/** The records of the demo as they come in, held against what is expected of them. */
export class Collection {
  readonly decisions: DecisionRecord[] = [];
  readonly #open: Expectation[];
  readonly #unfinished = new Set<string>();
  readonly #failed = new Set<string>();
  readonly #differences: string[] = [];

  constructor(expectations: readonly Expectation[]) {
    this.#open = [...expectations];
  }

  /** Takes one line of `audit.jsonl`. */
  add(line: string): void {
    const record = JSON.parse(line) as AuditRecord;
    if (record.type === 'outcome') this.#finish(record.request, record.ok, record.code);
    if (record.type === 'event' && record.event === 'spoke_failed') {
      this.#failed.add(record.spoke ?? '');
      this.#differences.push(`${record.spoke} failed: ${record.detail.reason ?? 'no reason was given'}`);
    }
    if (record.type !== 'decision') return;
    this.decisions.push(record);
    const allowed = record.effect === 'allow';
    if (allowed) this.#unfinished.add(record.request);
    const index = this.#open.findIndex((expectation) => isAbout(record, expectation));
    const [expected] = index === -1 ? [] : this.#open.splice(index, 1);
    if (expected === undefined) this.#differ(record, 'is not expected here');
    else if (expected.allowed !== allowed) this.#differ(record, `was to be ${verdict(expected.allowed)}`);
  }

  /** True where the host could not confine the spokes as they must be, so that none was started. */
  get unconfinable(): boolean {
    return (
      this.decisions.length === 0 && this.#differences.some((text) => text.includes('it needs confinement'))
    );
  }

  /** True once all that can be expected has been decided, and every allowed request has come to its end. */
  get complete(): boolean {
    return this.#open.every(({ spoke }) => this.#failed.has(spoke)) && this.#unfinished.size === 0;
  }

  /** What went other than expected, a sentence each. */
  get differences(): readonly string[] {
    const missing = this.#open.map(({ spoke, command, what }) =>
      `${spoke} never asked: ${command} ${what ?? ''}`.trimEnd(),
    );
    return [...this.#differences, ...missing];
  }

  #finish(request: string, ok: boolean, code: string | null): void {
    const decision = this.decisions.find((record) => record.request === request);
    this.#unfinished.delete(request);
    if (decision && !ok) this.#differ(decision, `was allowed and failed (${code ?? 'no code'})`);
  }

  #differ(record: DecisionRecord, how: string): void {
    const asked = `${spokeOf(record)}: ${record.command} ${record.resource ?? ''}`.trimEnd();
    this.#differences.push(`${asked} ${how}; it was ${verdict(record.effect === 'allow')}: ${record.reason}`);
  }
}

export function spokeOf({ principal }: DecisionRecord): string {
  return principal.replace(/^spoke:/, '');
}

function isAbout(record: DecisionRecord, { spoke, command, what }: Expectation): boolean {
  if (spokeOf(record) !== spoke || record.command !== command) return false;
  return what instanceof RegExp ? what.test(record.resource ?? '') : what === record.resource;
}

function verdict(allowed: boolean): string {
  return allowed ? 'allowed' : 'denied';
}
