import type { Yes } from '../schemas/approvals.ts';
import type { ControlReplies } from '../schemas/control-replies.ts';
import type { CommandTarget } from '../schemas/decision.ts';
import type { Subject } from '../schemas/subject.ts';
import type { Response } from '../schemas/wire.ts';
import { type BrokerInput, createBroker, responseOf } from './broker.ts';
import type { Caller } from './control/caller.ts';
import { type SessionKey, type Sessions, sessionOf } from './control/sessions.ts';
import { AxiumError } from './errors.ts';
import type { Jobs } from './jobs/jobs.ts';
import type { DecisionPoint } from './policy/decision-point.ts';
import { decidePerson, type PeopleRules, type Person } from './policy/people.ts';
import { daemonExecPortal } from './portals/daemon-exec.ts';
import { entry } from './portals/portal.ts';
import type { Powers } from './powers.ts';

export interface PersonExecInput {
  /** The broker of the spokes: the same steps, the same record, under other rules. */
  readonly broker: BrokerInput;
  readonly files: Powers['files'];
  /** Where commands are looked up by now. */
  readonly path: () => readonly string[];
  readonly jobs: Pick<Jobs, 'start'>;
  readonly people: DecidingPeople;
}

/** What decides for a person, and what persons have said. */
export interface DecidingPeople {
  readonly point: () => Pick<DecisionPoint, 'people'>;
  readonly rules: () => PeopleRules;
  /** Names both of them. */
  readonly hash: () => string;
  readonly sessions: Pick<Sessions, 'find'>;
  /** Asks, and tells the id of the question before anybody can answer it. */
  readonly askFor: (
    asked: PersonQuestion,
    onAsked: (id: string) => void,
  ) => ReturnType<BrokerInput['askPerson']>;
  readonly grantOf: (asked: PersonQuestion) => ReturnType<BrokerInput['grantFor']>;
}

export interface PersonQuestion {
  readonly question: Parameters<BrokerInput['askPerson']>[0];
  readonly cwd: string | null;
  readonly session: SessionKey | null;
  readonly onRefused: (reason: string) => void;
}

export interface PersonCommand {
  readonly command: readonly string[];
  readonly cwd: string | null;
  readonly background: boolean;
}

type Result = ControlReplies['exec'];

/** Results that nobody has fetched yet; the oldest goes where there are more. */
const MAX_RESULTS = 64;

/** What a command comes to about which a person was asked. Two that are alike wait under one question. */
interface Asked {
  readonly id: string;
  readonly principal: string;
  /** The process that asked, where that is known: it is to get what came of its own. */
  readonly pid: number | null;
  readonly result: Promise<Result>;
  isFetched: boolean;
}

/** Runs commands for persons: decided, recorded and performed by the broker, like those of spokes, under the rules of people. */
export class PersonExec {
  readonly #input: PersonExecInput;
  readonly #asked = new Set<Asked>();

  constructor(input: PersonExecInput) {
    this.#input = input;
  }

  /** What came of it; or, where a person is asked first, the id of the question, under which that can be fetched. */
  async run(command: PersonCommand, caller: Caller): Promise<Result> {
    const { principal } = caller;
    if (!principal.startsWith('user:'))
      throw new AxiumError('denied', 'who asks cannot be known, and nothing is run for nobody');
    let onAsked: (id: string) => void = () => {};
    const asked = new Promise<string>((resolve) => {
      onAsked = resolve;
    });
    const result = this.#perform(command, caller, (id) => onAsked(id));
    // Whoever never fetches it has not to hear of it either.
    result.catch(() => {});
    const id = await Promise.race([result.then(() => null), asked]);
    if (id === null) return result;
    this.#keep({ id, principal, pid: pidOf(caller), result, isFetched: false });
    return { approval: id };
  }

  /**
   * What came of a command about which a person was asked, once that is known. Where several wait under the id, each is
   * told once: to the process that asked for it, or else in their order. Throws `not_found`.
   */
  result(id: string, caller: Caller): Promise<Result> {
    const own = [...this.#asked].filter((one) => one.id === id && one.principal === caller.principal);
    const waiting = own.filter((one) => !one.isFetched);
    const pid = pidOf(caller);
    const asked = waiting.find((one) => one.pid === pid) ?? waiting[0] ?? own[0];
    if (!asked) throw new AxiumError('not_found', 'no command of yours was asked about under this id');
    asked.isFetched = true;
    return asked.result.finally(() => this.#asked.delete(asked));
  }

  #keep(asked: Asked): void {
    this.#asked.add(asked);
    const [oldest] = this.#asked;
    if (this.#asked.size > MAX_RESULTS && oldest !== undefined) this.#asked.delete(oldest);
  }

  async #perform(
    { command, cwd, background }: PersonCommand,
    caller: Caller,
    onAsked: (id: string) => void,
  ): Promise<Result> {
    const { broker, files, path, jobs, people } = this.#input;
    const { principal } = caller;
    const session = sessionOf(caller);
    const person = (): Person => ({ tier: caller.tier, elevated: people.sessions.find(session) !== null });
    let why: string | null = null;
    const asking = (question: PersonQuestion['question']): PersonQuestion => ({
      ...{ question, cwd, session },
      onRefused: (reason) => {
        why = reason;
      },
    });
    const runner = {
      start: (subject: Subject, target: CommandTarget) => jobs.start(subject, target, null, { cwd }),
    };
    const mediate = createBroker({
      ...broker,
      portals: {
        ...broker.portals,
        daemon_exec: entry(daemonExecPortal({ files, path: path(), runner, isScoped: () => false })),
      },
      policies: () => ({ policies: [], hash: people.hash() }),
      decide: (_policies, { target }) => {
        const decision = decidePerson(
          people.point().people,
          people.rules(),
          person(),
          target as CommandTarget,
        );
        if (decision.effect === 'deny') why = decision.reason;
        return decision;
      },
      askPerson: async (question) => {
        const grant = await people.askFor(asking(question), onAsked);
        if (grant !== null) why = NOT_COVERED;
        return grant;
      },
      grantFor: (question) => people.grantOf(asking(question)),
    });
    const subject = { spoke: principal, instance: `${principal}#${session?.session.id ?? 0}`, level: 'none' };
    const mode = background ? 'background' : 'wait';
    const body = { id: 0, cmd: 'daemon_exec', command: [...command], mode };
    return replyOf(await responseOf(mediate, subject, { id: 0, cmd: 'daemon_exec', body }), why);
  }
}

/** Told where a yes was said and the command is denied all the same. */
const NOT_COVERED =
  'the yes does not cover it any more: it has changed, or one that is the same has used it up; ask again';

function pidOf({ identity }: Caller): number | null {
  return identity === 'unknown' ? null : identity.pid;
}

function replyOf(response: Response, why: string | null): Result {
  if (response.ok) {
    const { id: _id, ok: _ok, ...reply } = response;
    return reply as unknown as Result;
  }
  // What a spoke is told names an entry of its manifest, which a person has not.
  const text = response.code === 'denied' ? (why ?? response.error) : response.error;
  throw new AxiumError(response.code, `exec: ${text}`);
}

/** How a person said yes, from the fields of the wire. */
export function yesOf({ for_ms: forMs, always }: { for_ms?: number | undefined; always: boolean }): Yes {
  if (always && forMs !== undefined)
    throw new AxiumError('invalid', 'for_ms, always: expected one of the two, or none for once');
  return always ? { always: true } : forMs === undefined ? { once: true } : { forMs };
}
