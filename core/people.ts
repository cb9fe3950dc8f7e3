import { createHash } from 'node:crypto';
import type { CommandTarget, Rule } from '../schemas/decision.ts';
import type { Places } from '../schemas/places.ts';
import { principalOf } from '../schemas/subject.ts';
import { Approvals } from './approvals/approvals.ts';
import { contentOf } from './approvals/content.ts';
import { desktopNotices } from './approvals/desktop.ts';
import { Grants } from './approvals/grants.ts';
import { grantsFile } from './approvals/grants-file.ts';
import { lastingOf } from './approvals/lasting.ts';
import type { Answer, Asking } from './approvals/pending.ts';
import { UNANSWERED, unansweredFile } from './approvals/unanswered-file.ts';
import type { BrokerInput, Grant, SpokeQuestion } from './broker.ts';
import { ChangeCount } from './control/change-count.ts';
import { type SessionKey, Sessions } from './control/sessions.ts';
import { AxiumError } from './errors.ts';
import { keptFile } from './kept-file.ts';
import type { RecordEvent } from './open-state.ts';
import { peopleRules } from './people-rules.ts';
import type { PersonQuestion } from './person-exec.ts';
import { DECISION_POINTS, type DecisionPoint, decideBy } from './policy/decision-point.ts';
import { isDestructive } from './policy/destructive.ts';
import type { PeopleRules } from './policy/people.ts';
import { resolveCommand } from './portals/resolve-command.ts';
import type { Powers } from './powers.ts';
import type { SpokeBook } from './registry/spoke-book.ts';

export interface PeopleInput {
  readonly powers: Powers;
  readonly places: Places;
  readonly home: string;
  readonly strict: boolean;
  readonly book: SpokeBook;
  readonly recordEvent: RecordEvent;
  /** Told how many questions wait, whenever that has changed. */
  readonly onQuestions: (waiting: number) => void;
  /** The hash of the policies that count for a spoke now. */
  readonly hashOf: (spoke: string) => string;
  /** Where commands are looked up. */
  readonly path: () => readonly string[];
}

/** Everything that persons have said and are asked, and what decides about them. */
export interface People {
  readonly sessions: Sessions;
  readonly grants: Grants;
  readonly approvals: Approvals;
  readonly changes: ChangeCount;
  readonly point: () => DecisionPoint;
  readonly rules: () => PeopleRules;
  /** Names what decides for persons now. */
  readonly hash: () => string;
  /** The broker's way to a person, and to what persons have said before. */
  readonly decide: BrokerInput['decide'];
  readonly askPerson: BrokerInput['askPerson'];
  readonly grantFor: BrokerInput['grantFor'];
  /** The same for a command of a person's own. */
  readonly askFor: (asked: PersonQuestion, onAsked: (id: string) => void) => Promise<Grant | null>;
  readonly grantOf: (asked: PersonQuestion) => Rule | null;
  /** Whether a person said yes to this very command while its spoke has to ask: it runs on when rights change. */
  readonly hasApproved: (spoke: string, target: CommandTarget) => boolean;
  readonly notes: () => readonly string[];
  readonly stop: () => void;
}

/** Commands of spokes that persons said yes to, of which so many are remembered. */
const REMEMBERED = 500;

/** Reads what persons have said for good, and puts together what asks them. */
export async function openPeople(input: PeopleInput): Promise<People> {
  const { powers, places, home, book, recordEvent } = input;
  const { clock, randomHex, log } = powers;
  const file = grantsFile(powers, places.grants);
  const unanswered = unansweredFile(keptFile(powers, places.unanswered, UNANSWERED), clock, (error) =>
    log.warn('the questions that wait cannot be kept', { error: String(error) }),
  );
  const [kept, left] = await Promise.all([file.read(), unanswered.read()]);
  if (kept.warning) log.warn(kept.warning);
  for (const { id, principal } of left)
    recordEvent('approval_expired', spokeOf(principal), {
      id,
      principal,
      why: 'the daemon was started again',
    });

  const changes = new ChangeCount(clock);
  const rules = () => peopleRules(book.config.people, places.configFile);
  const destructiveBy = (target: CommandTarget) =>
    rules()
      .destructive.filter((words) => isDestructive(words, target))
      .map((words) => words.join(' '));
  const hash = () => hashOf([book.config.policy, book.config.people]);
  const point = () => DECISION_POINTS[book.config.policy];
  const sessions = new Sessions({
    clock,
    limitMs: () => book.config.elevation.limit,
    onEvent: (event, { uid, session, reason }) =>
      recordEvent(event, null, { uid, session: session.id, reason }),
  });
  const grants = new Grants(
    {
      ...{ clock, randomHex, file, destructiveBy },
      // The policy of the host can turn it on and off.
      get strict() {
        return input.strict;
      },
      onEvent: (event, { id, principal, covers, destructive, kind, origin }) =>
        recordEvent(event, spokeOf(principal), { id, principal, covers, destructive, kind, origin }),
    },
    kept.grants,
  );
  const desktop = desktopNotices(powers, {
    wanted: () => book.config.approvals.desktop,
    onNo: (id) => approvals.rejectOnDesktop(id),
  });
  const approvals: Approvals = new Approvals({
    ...{ clock, randomHex, grants },
    settings: () => ({
      strict: input.strict,
      expireMs: book.config.approvals.expire,
      twoPerson: book.config.approvals.two_person,
      limitMs: book.config.grants.limit,
    }),
    policyOf: (principal) => {
      const spoke = spokeOf(principal);
      return spoke === null ? hash() : input.hashOf(spoke);
    },
    lookUp: async (argv, { principal, action, cwd }) => {
      const target = await resolveCommand({ files: powers.files, path: input.path() }, argv);
      if (target.missing) throw new AxiumError('not_found', `there is no program '${target.argv[0]}' here`);
      return contentOf(principal, action, target, cwd);
    },
    onEvent: (event, principal, detail) => recordEvent(event, spokeOf(principal), { principal, ...detail }),
    onChange: (pending) => {
      unanswered.keep(pending);
      desktop.show(pending);
      changes.noticed();
      input.onQuestions(pending.length);
    },
  });
  const approved = new Set<string>();

  const askingOf = (
    { subject, action, decision, target, policy }: SpokeQuestion,
    cwd: string,
    session: SessionKey | null,
  ): Asking => {
    const principal = principalOf(subject);
    return {
      asker: { principal, session },
      content: contentOf(principal, action, target, cwd),
      why: decision.reason,
      rule: decision.rule,
      always: target.kind === 'command' ? lastingOf(principal, target, destructiveBy) : null,
      policy,
    };
  };
  const ask = async (asking: Asking, onAsked?: (id: string) => void) => {
    const answer = await approvals.ask(asking, onAsked);
    return { answer, grant: answer.yes ? grantFrom(asking, answer) : null };
  };
  const grantFrom = (asking: Asking, { rule, command }: Extract<Answer, { yes: true }>): Grant => ({
    rule,
    covers: (target, policy) => {
      const { principal, action, cwd } = asking.content;
      const used = grants.use(contentOf(principal, action, target, cwd ?? home), policy);
      if (used) remember(principal, target);
      return used !== null;
    },
    ...(command === null ? {} : { command }),
  });
  const remember = (principal: string, target: { readonly kind: string }) => {
    approved.add(approvedKey(principal, target as CommandTarget));
    const [oldest] = approved;
    if (approved.size > REMEMBERED && oldest !== undefined) approved.delete(oldest);
  };
  const standing = (asking: Asking): Rule | null => {
    const rule = grants.use(asking.content, asking.policy);
    if (rule) remember(asking.content.principal, asking.content.target);
    return rule;
  };
  return {
    ...{ sessions, grants, approvals, changes, point, rules, hash },
    decide: (policies, query) => decideBy(point(), policies, query),
    askPerson: async (question) => (await ask(askingOf(question, home, null))).grant,
    grantFor: (question) => standing(askingOf(question, home, null)),
    askFor: async ({ question, cwd, session, onRefused }, onAsked) => {
      const { answer, grant } = await ask(askingOf(question, cwd ?? home, session), onAsked);
      if (!answer.yes) onRefused(answer.reason);
      return grant;
    },
    grantOf: ({ question, cwd, session }) => standing(askingOf(question, cwd ?? home, session)),
    hasApproved: (spoke, target) => approved.has(approvedKey(principalOf({ spoke }), target)),
    notes: () => (kept.warning ? [kept.warning] : []),
    stop: () => approvals.stop(),
  };
}

function approvedKey(principal: string, { argv }: CommandTarget): string {
  return JSON.stringify([principal, argv]);
}

/** The spoke that a principal is, or null for a person. */
function spokeOf(principal: string): string | null {
  return principal.startsWith('spoke:') ? principal.slice('spoke:'.length) : null;
}

function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);
}
