import type { Plan } from '../../schemas/plan.ts';
import { AxiumError } from '../errors.ts';
import { describePolicy } from '../policy/describe.ts';
import type { Policy } from '../policy/policy.ts';
import type { Question } from '../question.ts';
import { type LoadedOverrides, NO_OVERRIDES } from '../registry/load-overrides.ts';
import { formatProblem, InvalidFile, type Problem } from '../registry/problem.ts';
import { compareRules } from '../registry/rule-changes.ts';
import { formatRemark } from '../registry/spoke-permissions.ts';
import { answerUnder } from './can.ts';
import { openings, openingsToAll } from './openings.ts';
import { compileOverrides, type OpenSite, openSite, type Site, unmetIn } from './site.ts';

export interface PlanQuestion {
  /** What permissions.yaml says now, and what it is to say. */
  readonly before: string;
  readonly text: string;
  /** What is asked further: what would be decided by the new text. */
  readonly question?: Question;
}

/** Compares two texts of permissions.yaml by what spokes may do under each, with the code that decides. Changes nothing. */
export async function plan(site: Site, { before, text, question }: PlanQuestion): Promise<Plan> {
  const open = await openSite(site);
  const [old, next] = [before, text].map((one) => attempt(open, one)) as [Attempt, Attempt];
  const rights = Object.fromEntries(
    'problems' in old ? [] : policiesUnder(open, old).map((policy) => [policy.spoke, describePolicy(policy)]),
  );
  const broken = 'problems' in old ? old.problems.map(formatProblem) : [];
  const about = { broken, rights };
  if ('problems' in next) {
    const problems = next.problems.map(formatProblem);
    return { ok: false, problems, warnings: [], changes: null, opens: [], answer: null, ...about };
  }
  const isKnown = question !== undefined && open.book.get(question.spoke) !== undefined;
  return {
    ok: true,
    problems: [],
    warnings: [...next.warnings.values()].flat().map(formatRemark),
    answer: isKnown ? await answerUnder(open, next, question).catch(ifInvalid) : null,
    ...compared(open, 'problems' in old ? null : old, next),
    ...about,
  };
}

type Attempt = LoadedOverrides | { readonly problems: readonly Problem[] };

function attempt(open: OpenSite, text: string): Attempt {
  try {
    const loaded = compileOverrides(open, text);
    const unmet = unmetIn(open, loaded);
    return unmet.length > 0 ? { problems: unmet } : loaded;
  } catch (error) {
    if (error instanceof InvalidFile) return error;
    throw error;
  }
}

/** What cannot be asked has no answer, and the text stands for itself. */
function ifInvalid(error: unknown): null {
  if (error instanceof AxiumError) return null;
  throw error;
}

function compared(
  open: OpenSite,
  old: LoadedOverrides | null,
  next: LoadedOverrides,
): Pick<Plan, 'changes' | 'opens'> {
  const before = new Map(policiesUnder(open, old ?? NO_OVERRIDES).map((policy) => [policy.spoke, policy]));
  const { config, state, run } = open.places;
  const now = open.powers.clock.now();
  const pairs = policiesUnder(open, next).map((after) => ({
    before: before.get(after.spoke) ?? after,
    after,
  }));
  const changes = pairs
    .map(({ before, after }) => ({
      spoke: after.spoke,
      ...compareRules({ policies: [before], now }, { policies: [after], now }),
    }))
    .filter(({ added, removed }) => added.length > 0 || removed.length > 0);
  const input = { own: [config, state, run], now };
  return {
    changes: old === null ? null : changes,
    opens: [
      ...openingsToAll((old ?? NO_OVERRIDES).layers.get('*'), next.layers.get('*')),
      ...pairs.flatMap((pair) => openings({ ...pair, ...input })),
    ],
  };
}

/** As if strict mode were off: the file is compared, whether it counts now or not. */
function policiesUnder(open: OpenSite, overrides: LoadedOverrides): readonly Policy[] {
  const rights = open.rightsUnder(overrides, false);
  return open.book.list().map((spoke) => rights.of(spoke).policies[0]);
}
