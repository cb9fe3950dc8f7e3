import type { ActionSpec, ActionTable } from '../../schemas/action-table.ts';
import type { ChainHead } from '../../schemas/audit.ts';
import {
  EXECUTOR,
  type ExecutorCode,
  type ExecutorDecisionEntry,
  type ExecutorFailure,
  type Performed,
  type PerformRequest,
} from '../../schemas/executor.ts';
import { reaches } from '../../schemas/tiers.ts';
import type { ExecutorLog } from './executor-log.ts';
import { type Filled, fillArgv } from './fill-argv.ts';
import { type Peer, type TierGroups, tierOf } from './peer-tier.ts';
import type { ExecutorPowers, HeldProcess } from './powers.ts';
import { holdMeant } from './process-check.ts';
import type { Rates } from './rates.ts';
import { programProblem } from './root-owned.ts';
import { type Ran, runAction } from './run-action.ts';
import type { Seen } from './seen.ts';

export interface PerformInput {
  readonly powers: ExecutorPowers;
  /** The table as it is now. Throws AxiumError where it cannot be trusted or read. */
  readonly table: () => ActionTable;
  readonly groups: () => TierGroups;
  /** Whether root has switched the dangerous actions on. */
  readonly dangerous: boolean;
  readonly log: Pick<ExecutorLog, 'record'>;
  readonly rates: Rates;
  readonly seen: Seen;
  /** Asks polkit whether this peer may do this. */
  readonly consent: (peer: Peer, action: string) => Promise<boolean>;
}

/** Ends a request without an effect; the reason is recorded and told. */
class Refusal extends Error {
  readonly code: ExecutorCode;

  constructor(code: ExecutorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * One request to one action, decided from the table and from who the kernel says asks; what the daemon thinks of it
 * does not count. Count, know, decide, fill, hold, record, act, record. Nothing is done before its record is written.
 */
export async function performRequest(
  input: PerformInput,
  peer: Peer,
  request: PerformRequest,
): Promise<Performed | ExecutorFailure> {
  let argv: readonly string[] = [];
  const entry = (effect: 'allow' | 'deny', reason: string): ExecutorDecisionEntry => ({
    type: 'privileged',
    request: request.request,
    uid: peer.uid,
    pid: peer.pid,
    principal: request.principal,
    action: request.action,
    params: request.params,
    argv,
    effect,
    reason,
  });
  let held: HeldProcess | null = null;
  try {
    const spec = takeTurn(input, peer, request);
    const filled = decide(input, peer, request, spec);
    ({ argv } = filled);
    refuseOther(request, argv);
    if (spec.polkit && !(await input.consent(peer, request.action)))
      throw new Refusal('denied', 'polkit does not consent');
    held = hold(input, filled);
    // While a person was asked, the same request may have come once more.
    refuseReplay(input, peer, request);
    const record = input.log.record(entry('allow', `action ${request.action}, ${tierFor(input, peer)}`));
    input.seen.add(peer.uid, request.request);
    return await act(input, { spec, filled, held, record });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    input.log.record(entry('deny', error.message));
    return { v: EXECUTOR.version, ok: false, code: error.code, error: error.message };
  } finally {
    held?.release();
  }
}

/** Counts the request before anything else is asked of it, and finds what it is about. */
function takeTurn(
  { table, rates, powers }: PerformInput,
  { uid }: Peer,
  { action }: PerformRequest,
): ActionSpec {
  const { actions } = table();
  const spec = Object.hasOwn(actions, action) ? actions[action] : undefined;
  if (spec === undefined || !isOffered(powers, spec))
    throw new Refusal('not_found', 'the table has no such action');
  const { each, per } = spec.rate;
  if (!rates.take([[`${action} ${uid}`, { count: each, per }]])) throw tooOften();
  return spec;
}

function decide(
  input: PerformInput,
  peer: Peer,
  request: PerformRequest,
  spec: ActionSpec,
): Exclude<Filled, { problem: string }> {
  const tier = tierFor(input, peer);
  if (!reaches(tier, spec.tier)) throw new Refusal('denied', `this action needs ${spec.tier}, found ${tier}`);
  if (spec.dangerous && !(tier === 'admin' && input.dangerous))
    throw new Refusal(
      'denied',
      'this action is dangerous: it needs admin, and AXIUM_DANGEROUS_OPS=true in the unit',
    );
  // Who may not ask for it takes nothing from those who may.
  const { all, per } = spec.rate;
  if (!input.rates.take([[request.action, { count: all, per }]])) throw tooOften();
  refuseReplay(input, peer, request);
  const filled = fillArgv(spec, request.params);
  if ('problem' in filled) throw new Refusal('invalid', filled.problem);
  const problem = programProblem(input.powers.files, filled.argv[0] ?? '');
  if (spec.signal === undefined && problem !== null) throw new Refusal('unavailable', problem);
  return filled;
}

function tooOften(): Refusal {
  return new Refusal('busy', 'this action was asked for too often; try again later');
}

function refuseReplay({ seen }: PerformInput, { uid }: Peer, { request }: PerformRequest): void {
  if (seen.has(uid, request))
    throw new Refusal('exists', 'a request of this id has been carried out already');
}

/** What somebody approved is just what runs, whatever the table said when they were asked. */
function refuseOther({ expect }: PerformRequest, argv: readonly string[]): void {
  if (expect !== undefined && JSON.stringify(expect) !== JSON.stringify(argv))
    throw new Refusal('denied', 'the table makes other words of this than those that were approved');
}

function hold({ powers }: PerformInput, { meant }: Exclude<Filled, { problem: string }>) {
  if (meant === null) return null;
  const taken = holdMeant(powers, meant.value, meant.root);
  if ('problem' in taken) throw new Refusal('denied', taken.problem);
  return taken.held;
}

const SIGNALS = { HUP: 1, INT: 2, TERM: 15, KILL: 9 } as const;

async function act(
  { powers, log }: PerformInput,
  acting: {
    readonly spec: ActionSpec;
    readonly filled: Exclude<Filled, { problem: string }>;
    readonly held: HeldProcess | null;
    readonly record: ChainHead;
  },
): Promise<Performed> {
  const { spec, filled, held, record } = acting;
  const began = powers.clock.monotonic();
  const ran: Ran = spec.signal
    ? sendSignal(held, SIGNALS[spec.signal])
    : await runAction(powers, spec, filled.argv);
  const { end, code, signal, stdout, stderr } = ran;
  const duration_ms = Math.round(powers.clock.monotonic() - began);
  log.record({ type: 'result', of: record.seq, end, code, signal, duration_ms });
  return { v: EXECUTOR.version, ok: true, end, code, signal, stdout, stderr, record };
}

function sendSignal(held: HeldProcess | null, signal: number): Ran {
  const sent = held?.send(signal) === true;
  return { end: sent ? 'sent' : 'failed', code: sent ? 0 : null, signal: null, stdout: '', stderr: '' };
}

function tierFor({ groups }: PerformInput, peer: Peer) {
  return tierOf(peer, groups());
}

/** Whether an action of the table is there on this host at all. */
export function isOffered({ files }: Pick<ExecutorPowers, 'files'>, spec: ActionSpec): boolean {
  if (!spec.enabled) return false;
  return (
    spec.requires === undefined || files.lstatSync(spec.requires, { throwIfNoEntry: false }) !== undefined
  );
}
