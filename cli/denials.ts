import { ACTIONS, type Action } from '../schemas/actions.ts';
import type { Answer } from '../schemas/answer.ts';
import type { DecisionRecord } from '../schemas/audit.ts';
import { needsResource } from '../schemas/needs-resource.ts';
import type { Question } from './ask-decision.ts';
import { filesOfLog } from './audit-log.ts';
import { recordIn } from './audit-record.ts';
import { DaemonNotRunning, request } from './client.ts';
import type { Context } from './context.ts';
import { CliError } from './exit.ts';
import { linesOfFiles } from './lines-of-files.ts';
import { runCheck } from './run-check.ts';

/** A request that was denied, once or more, for the same reason. */
export interface Denial {
  readonly spoke: string;
  readonly command: string;
  readonly action: DecisionRecord['action'];
  readonly resource: string | null;
  readonly target: string | null;
  readonly reason: string;
  readonly rule: DecisionRecord['rule'];
  readonly count: number;
  /** ISO 8601, UTC. */
  readonly last: string;
  /** The last of these requests, as the daemon numbers them. */
  readonly request: string;
}

export interface DenialFilter {
  readonly spoke?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly since?: number;
  /** Only the one request of this id. */
  readonly id?: string | undefined;
}

/** Different denials that are kept in mind; the oldest are forgotten. */
const MAX_DENIALS = 1000;

/** What was denied to spokes, the same together, the last one first. */
export async function readDenials(context: Context, filter: DenialFilter): Promise<readonly Denial[]> {
  const denials = new Map<string, Denial>();
  for await (const line of linesOfFiles(await filesOfLog(context.places.auditLog))) {
    // Most lines are of something else, and to take them apart is what takes time.
    if (!line.includes('"deny"')) continue;
    const record = recordIn(line);
    if (record?.type !== 'decision' || !isWanted(record, filter)) continue;
    const denial = denialOf(record);
    const { spoke, action, command, resource, target, reason, rule } = denial;
    const key = JSON.stringify([spoke, action, command, resource, target, reason, rule?.pattern]);
    const count = (denials.get(key)?.count ?? 0) + 1;
    denials.delete(key);
    denials.set(key, { ...denial, count });
    const [oldest] = denials.keys();
    if (denials.size > MAX_DENIALS && oldest !== undefined) denials.delete(oldest);
  }
  return [...denials.values()].toReversed();
}

function isWanted(record: DecisionRecord, { spoke, since, id }: DenialFilter): boolean {
  const { principal, effect, time, request } = record;
  if (effect !== 'deny' || !principal.startsWith('spoke:')) return false;
  if (spoke !== undefined && principal !== `spoke:${spoke}`) return false;
  if (id !== undefined && request !== id) return false;
  return since === undefined || Date.parse(time) >= since;
}

function denialOf(record: DecisionRecord): Denial {
  const { principal, command, action, resource, target, reason, rule, time, request: id } = record;
  const spoke = principal.slice('spoke:'.length);
  return { spoke, command, action, resource, target, reason, rule, count: 1, last: time, request: id };
}

/** What would be decided on each now; null where that cannot be asked. */
export async function answersTo(
  context: Context,
  denials: readonly Denial[],
): Promise<readonly (Answer | null)[]> {
  const questions = denials.map(questionOf);
  const asked = questions.filter((question) => question !== null);
  if (asked.length === 0) return denials.map(() => null);
  const answers = await answerAll(context, asked);
  return questions.map((question) => (question === null ? null : (answers.shift() ?? null)));
}

async function answerAll(context: Context, questions: readonly Question[]): Promise<(Answer | null)[]> {
  try {
    const answers: (Answer | null)[] = [];
    for (const question of questions) {
      answers.push(await request(context, 'perms_can', question).catch(ifRefused));
    }
    return answers;
  } catch (error) {
    if (!(error instanceof DaemonNotRunning)) throw error;
    const all = questions.map((question) => ({ resource: null, ...question }));
    return [...(await runCheck(context, 'answers', undefined, { questions: all })).answers];
  }
}

/** A spoke that is gone, or a request that has no form, has no answer. */
function ifRefused(error: unknown): null {
  if (error instanceof DaemonNotRunning || !(error instanceof CliError)) throw error;
  return null;
}

/** Requests that only look at a directory are decided otherwise than a read of it. */
function questionOf({ spoke, command, action, resource }: Denial): Question | null {
  const known: Action | undefined = ACTIONS.find((one) => one === action);
  if (known === undefined || ['fs_list', 'fs_stat'].includes(command)) return null;
  if (!needsResource(known)) return { spoke, action: known };
  if (resource === null) return null;
  return { spoke, action: known, resource: known === 'privileged' ? privilegedName(resource) : resource };
}

/** The action of root that was asked for, of which a record has the parameters as well. */
export function privilegedName(resource: string): string {
  return resource.split(' ', 1)[0] ?? '';
}

/** True for what is denied because its user said so, which they need not be told again. */
export function isMeant({ rule }: Denial, answer: Answer | null): boolean {
  const decides = answer === null ? rule : answer.rule;
  return decides?.source === 'override' && decides.effect === 'deny';
}
