import type { GrantStatus } from '../../schemas/approvals.ts';
import type { Rule } from '../../schemas/decision.ts';
import { AxiumError } from '../errors.ts';
import { oneAfterTheOther } from '../one-after-the-other.ts';
import type { Clock } from '../powers.ts';
import { describeFailure } from '../state-file.ts';
import type { Content } from './content.ts';
import { runsAnything } from './grant-pattern.ts';
import type { GrantsFile, KeptGrant } from './grants-file.ts';
import { covers, coversDestructive, type DestructiveBy, type Lasting } from './lasting.ts';
import { showWords } from './show-words.ts';

/** What a grant covers: exactly one content, or every command of a principal that begins with these words. */
export type Coverage = { readonly exactly: Content; readonly policy: string | null } | Lasting;

/** One that was made: the rule that it is, and how it is shown. */
export interface Granted {
  readonly rule: Rule;
  readonly status: GrantStatus;
}

interface Grant {
  readonly id: string;
  readonly kind: GrantStatus['kind'];
  readonly coverage: Coverage;
  /** Of the monotonic clock; null for what lasts. */
  readonly until: number | null;
  readonly origin: string;
}

type Change = (grants: Map<string, Grant>) => void;

export interface GrantsInput {
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
  readonly randomHex: (bytes: number) => string;
  readonly file: GrantsFile;
  /** Strict mode: only what a person says once, to the very question, counts. */
  readonly strict: boolean;
  readonly destructiveBy: DestructiveBy;
  readonly onEvent: (event: 'grant_added' | 'grant_revoked', grant: GrantStatus) => void;
}

/** Grants at once, of all kinds. */
const MAX_GRANTS = 1000;

/** What persons have said yes to and is still good for something. */
export class Grants {
  readonly #input: GrantsInput;
  readonly #grants = new Map<string, Grant>();
  /** What is being taken back: it counts no more, and is there until the file is written. */
  readonly #leaving = new Set<string>();
  readonly #inTurn = oneAfterTheOther();

  constructor(input: GrantsInput, kept: readonly KeptGrant[]) {
    this.#input = input;
    for (const { id, origin, ...coverage } of kept)
      this.#grants.set(id, { id, kind: 'persistent', coverage, until: null, origin });
  }

  /** Throws where none of this kind could be added now. */
  check(kind: Grant['kind'], coverage: Coverage): void {
    this.#forgetPast();
    if (this.#grants.size >= MAX_GRANTS)
      throw new AxiumError(
        'busy',
        `there are ${MAX_GRANTS} grants; take some back with 'axium grants revoke'`,
      );
    this.checkKind(kind);
    if ('words' in coverage && isTooWide(coverage.words))
      throw new AxiumError('denied', `${coverage.words[0]} runs whatever it is told to; say yes once`);
  }

  /** Throws where none of this kind could be added now, whatever it covers. */
  checkKind(kind: Grant['kind']): void {
    if (this.#input.strict && kind !== 'once')
      throw new AxiumError('denied', 'in strict mode a yes counts once only');
  }

  /**
   * Adds one, where `check` has nothing against it. `forMs` is how long it is good for at most; null is for good, which is on
   * disk when this settles.
   */
  async add(kind: Grant['kind'], coverage: Coverage, forMs: number | null, origin: string): Promise<Granted> {
    const { clock, randomHex, onEvent } = this.#input;
    this.check(kind, coverage);
    const until = forMs === null ? null : clock.monotonic() + forMs;
    const grant: Grant = { id: `g${randomHex(4)}`, kind, coverage, until, origin };
    const change: Change = (grants) => grants.set(grant.id, grant);
    if (kind === 'persistent') await this.#keep(change);
    else change(this.#grants);
    const status = this.#statusOf(grant);
    onEvent('grant_added', status);
    return { rule: ruleOf(grant), status };
  }

  /**
   * The rule by which this is allowed, or null. What lasts is looked at first, so that one that is good for one time is used
   * up only where it is needed; it is gone when this returns.
   */
  use(content: Content, policy: string): Rule | null {
    this.#forgetPast();
    const covering = [...this.#grants.values()].filter(
      (grant) => this.#counts(grant) && this.#covers(grant.coverage, content, policy),
    );
    const [grant] = covering.sort((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind));
    if (!grant) return null;
    if (grant.kind === 'once') this.#grants.delete(grant.id);
    return ruleOf(grant);
  }

  /**
   * Takes one back: it is gone when this settles, on disk too. Throws `not_found`, and `unavailable` where the file cannot be
   * written: then it stays, rather than come back with the next daemon.
   */
  async revoke(id: string): Promise<GrantStatus> {
    const grant = this.#grants.get(id);
    if (!grant)
      throw new AxiumError('not_found', `grant '${id}' not found; 'axium grants list' shows those there are`);
    const change: Change = (grants) => grants.delete(id);
    if (grant.kind === 'persistent') await this.#takeBack(id, change);
    else change(this.#grants);
    this.#input.onEvent('grant_revoked', this.#statusOf(grant));
    return this.#statusOf(grant);
  }

  async #takeBack(id: string, change: Change): Promise<void> {
    this.#leaving.add(id);
    try {
      await this.#keep(change);
    } catch (error) {
      throw new AxiumError(
        'unavailable',
        `grant '${id}' stays: its file cannot be written (${describeFailure(error)}); make room, then take it back again`,
      );
    } finally {
      this.#leaving.delete(id);
    }
  }

  /** Takes back what was said for one principal and is not kept on disk. */
  forgetOnce(principal: string): void {
    for (const grant of [...this.#grants.values()])
      if (grant.kind === 'once' && principalOf(grant.coverage) === principal) this.#grants.delete(grant.id);
  }

  list(): readonly GrantStatus[] {
    this.#forgetPast();
    return [...this.#grants.values()].map((grant) => this.#statusOf(grant));
  }

  /**
   * Changes what lasts, on disk first: what cannot be written is not changed. Of two changes at once the second one is made
   * to what the first one left.
   */
  #keep(change: Change): Promise<void> {
    return this.#inTurn(async () => {
      const changed = new Map(this.#grants);
      change(changed);
      await this.#input.file.write(
        [...changed.values()].flatMap(({ id, kind, coverage, origin }) =>
          kind === 'persistent' && 'words' in coverage
            ? [{ id, principal: coverage.principal, words: [...coverage.words], origin, ...markOf(coverage) }]
            : [],
        ),
      );
      // Before the next change is made: it would be forgotten by that.
      change(this.#grants);
    });
  }

  #counts(grant: Grant): boolean {
    if (this.#leaving.has(grant.id)) return false;
    if (this.#whyIgnored(grant) !== null) return false;
    return grant.until === null || this.#input.clock.monotonic() < grant.until;
  }

  /** One can have been kept by a version that did not know its program for what it is. */
  #whyIgnored({ kind, coverage }: Grant): GrantStatus['ignored'] {
    if (this.#input.strict && kind !== 'once') return 'in strict mode';
    return 'words' in coverage && isTooWide(coverage.words) ? 'since it runs whatever it is told to' : null;
  }

  #covers(coverage: Coverage, { key, principal, target }: Content, policy: string): boolean {
    if ('exactly' in coverage)
      return coverage.exactly.key === key && (coverage.policy === null || coverage.policy === policy);
    return target.kind === 'command' && covers(coverage, principal, target, this.#input.destructiveBy);
  }

  #forgetPast(): void {
    const now = this.#input.clock.monotonic();
    for (const { id, until } of [...this.#grants.values()])
      if (until !== null && now >= until) this.#grants.delete(id);
  }

  #statusOf(grant: Grant): GrantStatus {
    const { clock } = this.#input;
    const { id, kind, coverage, until, origin } = grant;
    return {
      id,
      principal: principalOf(coverage),
      action: 'words' in coverage ? 'exec' : coverage.exactly.action,
      covers: 'words' in coverage ? `${showWords(coverage.words)} ...` : coverage.exactly.shown,
      destructive: 'words' in coverage && coversDestructive(coverage),
      kind,
      expires: until === null ? null : new Date(clock.now() + until - clock.monotonic()).toISOString(),
      origin,
      counts: this.#counts(grant),
      ignored: this.#whyIgnored(grant),
    };
  }
}

const KINDS = ['persistent', 'timed', 'once'] as const;

function principalOf(coverage: Coverage): string {
  return 'words' in coverage ? coverage.principal : coverage.exactly.principal;
}

function markOf(coverage: Lasting): { readonly destructive?: true } {
  return coversDestructive(coverage) ? { destructive: true } : {};
}

/** A program that runs anything must not become a grant by the way in which its words came here. */
function isTooWide(words: readonly string[]): boolean {
  return runsAnything({ kind: 'command', argv: words, names: [] });
}

function ruleOf({ id, coverage, origin }: Grant): Rule {
  return {
    action: 'words' in coverage ? 'exec' : coverage.exactly.action,
    pattern: 'words' in coverage ? `${showWords(coverage.words)} ...` : coverage.exactly.shown,
    effect: 'allow',
    source: 'grant',
    origin: { file: `grant ${id}: ${origin}`, line: 0, column: 0 },
  };
}
