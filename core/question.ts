import type { Action } from '../schemas/actions.ts';
import type { Answer, ShownRule } from '../schemas/answer.ts';
import { type Decision, formatOrigin, type Rule, type Target } from '../schemas/decision.ts';
import type { Request } from '../schemas/wire.ts';
import { describeTarget } from './audit/decision-entry.ts';
import { decideNow } from './broker/decide-now.ts';
import type { BrokerInput } from './broker.ts';
import { AxiumError } from './errors.ts';
import { matchingRules } from './policy/matching-rules.ts';

export interface QuestionInput
  extends Pick<BrokerInput, 'policies' | 'anchors' | 'clock' | 'decide' | 'inTurn'> {
  /** What finds out what a request is about; nothing here performs. */
  readonly portals: Pick<BrokerInput['portals'], 'fs_read' | 'fs_write' | 'daemon_exec'>;
}

export interface Question {
  readonly spoke: string;
  readonly action: Action;
  readonly resource: string | null;
}

/**
 * What would be decided if a spoke asked for this now: resolved by the portals and decided by the broker's own step,
 * and then neither recorded nor done. Throws `invalid` where the question has not the form of a request.
 */
export async function answerQuestion(input: QuestionInput, question: Question): Promise<Answer> {
  const { spoke, action, resource } = question;
  try {
    return await withTarget(input, question, async (target) => {
      const note = { subject: { spoke } };
      const { decision, policy } = await decideNow(input, note, { action, resource }, target);
      const { policies } = input.policies(spoke);
      const query = { action, target, anchors: await input.anchors(policies), now: input.clock.now() };
      const matching = new Set(policies.flatMap((one) => matchingRules(one, query)));
      return answer(question, target, decision, [...matching], policy);
    });
  } catch (error) {
    // Whatever the broker answers with a denial is one here too.
    if (!(error instanceof AxiumError && error.code === 'denied')) throw error;
    const refused: Decision = {
      effect: 'deny',
      reason: error.message,
      rule: null,
      source: 'system',
      viaOverride: false,
    };
    return answer(question, null, refused, [], input.policies(spoke).hash);
  }
}

async function withTarget<T>(
  { portals, inTurn }: QuestionInput,
  { spoke, action, resource }: Question,
  use: (target: Target) => Promise<T>,
): Promise<T> {
  const request = requestFor(action, resource);
  if (action === 'privileged')
    return use({ kind: 'privileged', action: resource ?? '', params: {}, argv: [] });
  if (request === null) return use({ kind: 'plain' });
  const subject = { spoke, instance: 'question', level: 'none' };
  // Counted apart from what the spoke itself looks up, and bounded like it: a mount can hang.
  const prepared = await inTurn('axium', async () =>
    portals[request.cmd].prepare(request, subject, 'question'),
  );
  try {
    return await use(prepared.target);
  } finally {
    await prepared.release();
  }
}

type Asking = Extract<Request, { cmd: keyof QuestionInput['portals'] }>;

/** The request by which a spoke would ask; null for an action that is about nothing else. */
function requestFor(action: Action, resource: string | null): Asking | null {
  const id = 0;
  const text = resource ?? '';
  switch (action) {
    case 'fs_read':
      return { id, cmd: 'fs_read', path: text, encoding: 'utf8', offset: 0 };
    case 'fs_write':
      return { id, cmd: 'fs_write', path: text, data: '', encoding: 'utf8', append: false };
    case 'exec':
      return { id, cmd: 'daemon_exec', command: text, mode: 'background' };
    default:
      return null;
  }
}

function answer(
  { spoke, action, resource }: Question,
  target: Target | null,
  { effect, reason, rule }: Decision,
  matching: readonly Rule[],
  policy: string,
): Answer {
  return {
    spoke,
    action,
    resource,
    target: describeTarget(target),
    effect,
    reason,
    rule: rule && shownRule(rule),
    others: matching.filter((one) => one !== rule).map(shownRule),
    policy,
  };
}

export function shownRule({ action, pattern, effect, source, origin, expires, why }: Rule): ShownRule {
  return {
    action,
    pattern,
    effect,
    source,
    origin: formatOrigin(origin),
    expires: expires === undefined ? null : new Date(expires).toISOString(),
    why: why ?? null,
  };
}
