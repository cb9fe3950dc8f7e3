import type { RecordedAction } from '../schemas/actions.ts';
import type { Code } from '../schemas/codes.ts';
import type { Decision, Rule, Target } from '../schemas/decision.ts';
import type { Message } from '../schemas/message.ts';
import type { Subject } from '../schemas/subject.ts';
import type { Failure, Request, Response } from '../schemas/wire.ts';
import type { Audit } from './audit/audit.ts';
import { decisionEntry, detailOf } from './audit/decision-entry.ts';
import { AxiumError, errno } from './errors.ts';
import { NO_FILE, type Query } from './policy/decide.ts';
import type { Anchors } from './policy/match-path.ts';
import type { Policy } from './policy/policy.ts';
import type { Preview } from './portals/can.ts';
import type { PortalEntry, Prepared } from './portals/portal.ts';
import { readRequest } from './read-request.ts';

/** What a person is asked about a request of a spoke. */
export interface SpokeQuestion {
  readonly subject: Subject;
  readonly request: string;
  readonly action: Query['action'];
  readonly decision: Decision;
  readonly target: Target;
  /** The hash of the policy that asks. */
  readonly policy: string;
}

/** A person's yes, as the rule that it is and the targets that it covers. */
export interface Grant {
  readonly rule: Rule;
  /** Asked once, when nothing but the yes is missing: what was said for one time is used up by it. */
  readonly covers: (target: Target, policy: string) => boolean;
  /** The words of another command that the person put in the place of the one that was asked for. */
  readonly command?: readonly string[];
}

export interface BrokerInput {
  readonly portals: Readonly<Record<Request['cmd'], PortalEntry>>;
  /** The policies that count for a spoke now, and the hash that names them. */
  readonly policies: (spoke: string) => { readonly policies: readonly Policy[]; readonly hash: string };
  readonly anchors: (policies: readonly Policy[]) => Promise<Anchors>;
  readonly audit: Pick<Audit, 'decision' | 'outcome'>;
  /** Asks a person. `null` is a no, and so is the absence of anybody to ask. */
  readonly askPerson: (question: SpokeQuestion) => Promise<Grant | null>;
  /** The rule of a yes that was said before and covers this, or null. One for one time is used up by this. */
  readonly grantFor: (question: SpokeQuestion) => Rule | null;
  /** May this happen? One that throws denies. */
  readonly decide: (policies: readonly Policy[], query: Query) => Decision;
  /** Lets a spoke look up only so much at once, since a mount that hangs holds a thread for each. */
  readonly inTurn: <T>(spoke: string, look: () => Promise<T>) => Promise<T>;
  readonly clock: { readonly now: () => number; readonly monotonic: () => number };
  readonly nextRequestId: () => string;
  /** Defects of ours, for the daemon log. */
  readonly onDefect: (error: unknown, request: string) => void;
}

/**
 * Takes one untrusted message to exactly one response, by the steps resolve, decide, record, perform, record, reply. The
 * only place where these meet. Never rejects; whatever throws on the way to a decision is a denial.
 */
export function createBroker(input: BrokerInput) {
  return async function mediate(subject: Subject, message: Message): Promise<Response> {
    const { id, cmd } = message;
    const note: Note = {
      subject,
      request: input.nextRequestId(),
      command: cmd,
      started: input.clock.monotonic(),
    };
    const read = readRequest(subject.spoke, message);
    if ('refusal' in read)
      return refuse(input, note, { action: read.action, resource: null }, id, read.refusal);
    let { request } = read;
    const portal = input.portals[request.cmd];
    let about: About = { action: portal.action, resource: portal.resource(request) };
    const prepare = () =>
      portal.looks
        ? input.inTurn(subject.spoke, () => portal.prepare(request, subject, note.request))
        : portal.prepare(request, subject, note.request);
    const release = (opened: Prepared) =>
      opened.release().catch((error: unknown) => input.onDefect(error, note.request));
    let prepared: Prepared | null = null;
    try {
      prepared = await prepare();
      let { decision, policy } = await decideNow(input, note, about, prepared.target);
      if (decision.effect === 'ask') {
        const { target } = prepared;
        const action = portal.action;
        const question: SpokeQuestion = { subject, request: note.request, action, decision, target, policy };
        const granted = input.grantFor(question);
        if (granted) decision = allowedBy(granted);
        else {
          await recordOrThrow(input, note, about, target, decision, policy);
          // Nothing is held while a person thinks; what they said yes to is looked at anew.
          await release(prepared);
          prepared = null;
          message.place?.leave();
          const grant = await input.askPerson(question).finally(() => message.place?.takeAgain());
          if (grant?.command && request.cmd === 'daemon_exec') {
            request = { ...request, command: [...grant.command] };
            about = { ...about, resource: portal.resource(request) };
          }
          prepared = await prepare();
          ({ decision, policy } = await decideNow(input, note, about, prepared.target));
          decision = withAnswer(decision, grant, prepared.target, policy);
        }
      }
      await recordOrThrow(input, note, about, prepared.target, decision, policy);
      if (decision.effect !== 'allow') return denied(id, about, prepared.target, decision);
      return await performAndRecord(input, note, prepared, id);
    } catch (error) {
      if (error instanceof NotRecorded) return failure(id, 'unavailable', error.message);
      return refuse(input, note, about, id, readable(input, note, error));
    } finally {
      if (prepared) await release(prepared);
    }
  };
}

/**
 * Tells what would come of a request if it were made now, by the same steps up to the decision. It does nothing and asks
 * nobody, and the request in which it was asked is the one on record. Never rejects.
 */
export function createPreview(input: BrokerInput) {
  return async function preview(subject: Subject, request: Request): Promise<Preview> {
    const note: Note = { subject, request: 'preview', command: request.cmd, started: 0 };
    const portal = input.portals[request.cmd];
    const about: About = { action: portal.action, resource: portal.resource(request) };
    try {
      const prepared = await input.inTurn(subject.spoke, () =>
        portal.prepare(request, subject, note.request),
      );
      try {
        const { decision } = await decideNow(input, note, about, prepared.target);
        if (decision.effect !== 'deny') return { effect: decision.effect };
        const { error, entry } = denied(request.id, about, prepared.target, decision);
        return { effect: 'deny', error, ...(entry === undefined ? {} : { entry }) };
      } finally {
        await prepared.release();
      }
    } catch (error) {
      return { effect: 'deny', error: readable(input, note, error).message };
    }
  };
}

/** What the records of one request share. */
interface Note {
  readonly subject: Subject;
  readonly request: string;
  readonly command: string;
  readonly started: number;
}

interface About {
  readonly action: RecordedAction;
  readonly resource: string | null;
}

interface Refusal {
  readonly code: Code;
  readonly message: string;
}

/** Decides by the policies in force at this moment, as often as they change while links are looked at. */
export async function decideNow(
  input: Pick<BrokerInput, 'policies' | 'anchors' | 'clock' | 'decide'>,
  note: { readonly subject: Pick<Subject, 'spoke'> },
  about: About,
  target: Target,
) {
  const now = () => input.clock.now();
  const { action } = about as { action: Query['action'] };
  for (let tries = 0; tries < 5; tries += 1) {
    const { policies, hash } = input.policies(note.subject.spoke);
    if (target.kind !== 'path') {
      return {
        decision: input.decide(policies, { action, target, anchors: NO_ANCHORS, now: now() }),
        policy: hash,
      };
    }
    const anchors = await input.anchors(policies);
    // What was taken away while the links were looked at is gone already.
    if (input.policies(note.subject.spoke).policies === policies) {
      return { decision: input.decide(policies, { action, target, anchors, now: now() }), policy: hash };
    }
  }
  throw new AxiumError('busy', 'the permissions are changing faster than can be decided; try again');
}

const NO_ANCHORS: Anchors = new Map();

/** A yes turns an ask into an allow, and nothing else into anything: a rule that denies by now still denies. */
function withAnswer(decision: Decision, grant: Grant | null, target: Target, policy: string): Decision {
  if (decision.effect !== 'ask') return decision;
  if (grant?.covers(target, policy)) return allowedBy(grant.rule);
  return { ...decision, effect: 'deny', reason: 'a person would have to say yes, and nobody did' };
}

function allowedBy(rule: Rule): Decision {
  return { effect: 'allow', reason: 'a person said yes', rule, source: 'grant', viaOverride: false };
}

async function performAndRecord(
  input: BrokerInput,
  note: Note,
  prepared: Prepared,
  id: number,
): Promise<Response> {
  const response = await performed(input, note, prepared, id);
  const duration = Math.round((input.clock.monotonic() - note.started) * 1000) / 1000;
  const code = response.ok ? null : response.code;
  // Written at the end of this tick, before the answer leaves and together with whatever else is recorded then. Nobody
  // waits for it: where it cannot be written the answer is the same, since it was done.
  input.audit
    .outcome({ type: 'outcome', request: note.request, ok: response.ok, code, duration_ms: duration })
    .catch((error: unknown) => input.onDefect(error, note.request));
  return response;
}

async function performed(input: BrokerInput, note: Note, prepared: Prepared, id: number): Promise<Response> {
  try {
    return { ...(await prepared.perform()), id, ok: true };
  } catch (error) {
    const { code, message } = readable(input, note, error);
    return failure(id, code, message);
  }
}

/** A request that came to no decision is a denial like any other, and on record like any other. */
async function refuse(
  input: BrokerInput,
  note: Note,
  about: About,
  id: number,
  { code, message }: Refusal,
): Promise<Response> {
  const decision: Decision = {
    effect: 'deny',
    reason: message,
    rule: null,
    source: 'system',
    viaOverride: false,
  };
  try {
    await recordOrThrow(input, note, about, null, decision, policyHash(input, note));
    return failure(id, code, message);
  } catch (error) {
    return failure(
      id,
      'unavailable',
      error instanceof NotRecorded ? error.message : 'it could not be decided',
    );
  }
}

/** The hash of the policy in force, for a refusal that no policy made. */
function policyHash(input: BrokerInput, { subject }: Note): string {
  try {
    return input.policies(subject.spoke).hash;
  } catch {
    return '';
  }
}

/** The record could not be written, so nothing was done. */
class NotRecorded extends Error {}

async function recordOrThrow(...args: Parameters<typeof record>): Promise<void> {
  try {
    await record(...args);
  } catch (error) {
    const [input, note] = args;
    input.onDefect(error, note.request);
    throw new NotRecorded('it was not done, since no record of it could be written');
  }
}

function record(
  input: BrokerInput,
  note: Note,
  about: About,
  target: Target | null,
  decision: Decision,
  policy: string,
) {
  const { subject, request, command } = note;
  const entry = decisionEntry({ subject, request, command, ...about, target, decision, policy });
  return input.audit.decision(entry, { spoke: subject.spoke, detail: detailOf(entry, target) });
}

/** Reasons that are given only for what lies in the grants of the spoke, which may know what is there. */
const TOLD: ReadonlySet<string> = new Set(Object.values(NO_FILE));

/**
 * What a spoke is told of a denial, and the entry that would allow it. For a path the words are the same whatever the
 * reason was: any other would tell of what is there.
 */
function denied(id: number, about: About, target: Target, decision: Decision): Failure {
  const entry = entryFor(about, target);
  if (target.kind === 'path') {
    const what = `${about.action} of ${target.asked} is denied`;
    if (TOLD.has(decision.reason)) return failure(id, 'denied', `${what}: ${decision.reason}`);
    return { ...failure(id, 'denied', `${what}; an entry that would allow it: ${entry}`), entry };
  }
  const what = `${about.action} is denied: ${decision.viaOverride ? 'the user does not allow it' : decision.reason}`;
  if (decision.rule !== null) return failure(id, 'denied', what);
  return { ...failure(id, 'denied', `${what}; an entry that would allow it: ${entry}`), entry };
}

function entryFor({ action, resource }: About, target: Target): string {
  if (target.kind === 'path') {
    const path = target.asked.replace(/[*?[\]{}\\]/g, '\\$&');
    return `${action}: [${yamlWord(target.look === 'names' ? `${path === '/' ? '' : path}/*` : path)}]`;
  }
  if (target.kind === 'command') return `${action}: [${yamlWord(resource ?? '')}]`;
  return target.kind === 'privileged' ? `${action}: [${target.action}]` : `${action}: true`;
}

/** Text as one item of a YAML list: a JSON string is one, whatever is in it. */
function yamlWord(text: string): string {
  return /^[\w/~][\w/~.@%+= -]*$/.test(text) ? text : JSON.stringify(text);
}

function failure(id: number, code: Code, error: string): Failure {
  return { id, ok: false, code, error };
}

/** The code and text of an error of ours; of any other, only that it happened. */
function readable(input: BrokerInput, note: Note, error: unknown): Refusal {
  if (error instanceof AxiumError) return { code: error.code, message: error.message };
  if (errno(error) !== '') return { code: 'unavailable', message: `the system refused it (${errno(error)})` };
  input.onDefect(error, note.request);
  return { code: 'internal', message: 'a defect of Axium; see its log' };
}
