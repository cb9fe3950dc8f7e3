import type { Answer } from '../../schemas/answer.ts';
import { AxiumError } from '../errors.ts';
import { DEFAULT_PATH } from '../jobs/environment.ts';
import { lookupTurns } from '../lookup-turns.ts';
import { DECISION_POINTS, decideBy } from '../policy/decision-point.ts';
import { daemonExecPortal } from '../portals/daemon-exec.ts';
import { fsReadPortal } from '../portals/fs-read.ts';
import { fsWritePortal } from '../portals/fs-write.ts';
import { devfsDevice } from '../portals/kernel-fs.ts';
import { entry } from '../portals/portal.ts';
import { answerQuestion, type Question, type QuestionInput } from '../question.ts';
import { createAnchorFinder } from '../registry/anchors.ts';
import type { LoadedOverrides } from '../registry/load-overrides.ts';
import { type OpenSite, openSite, overridesThatCount, type Site } from './site.ts';

/** What would be decided by what the files say now. Throws `not_found` for a spoke that is not there. */
export async function can(site: Site, question: Question): Promise<Answer> {
  const open = await openSite(site);
  if (!open.book.get(question.spoke))
    throw new AxiumError('not_found', `spoke '${question.spoke}' not found`);
  return answerUnder(open, await overridesThatCount(open), question);
}

export interface Questions {
  readonly questions: readonly Question[];
}

/** The same for many questions at once; null for one that cannot be answered. */
export async function canAll(site: Site, { questions }: Questions): Promise<readonly (Answer | null)[]> {
  const open = await openSite(site);
  const input = await questionInput(open, await overridesThatCount(open));
  const answers: (Answer | null)[] = [];
  for (const question of questions) {
    const isKnown = open.book.get(question.spoke) !== undefined;
    answers.push(isKnown ? await answerQuestion(input, question).catch(ifRefused) : null);
  }
  return answers;
}

function ifRefused(error: unknown): null {
  if (error instanceof AxiumError) return null;
  throw error;
}

/** What would be decided if these were the overrides in force. */
export async function answerUnder(
  open: OpenSite,
  overrides: LoadedOverrides,
  question: Question,
): Promise<Answer> {
  return answerQuestion(await questionInput(open, overrides), question);
}

async function questionInput(open: OpenSite, overrides: LoadedOverrides): Promise<QuestionInput> {
  const { powers, home, book, rightsUnder } = open;
  const { files, uid, randomHex, clock } = powers;
  const paths = { files, home, devfs: await devfsDevice(files), uid, randomHex };
  const rights = rightsUnder(overrides);
  const everyPolicy = () => book.list().flatMap((spoke) => rights.of(spoke).policies);
  const findAnchors = createAnchorFinder(powers, everyPolicy);
  const nothingRuns = () => {
    throw new AxiumError('unavailable', 'nothing is run here');
  };
  return {
    portals: {
      fs_read: entry(fsReadPortal(paths)),
      fs_write: entry(fsWritePortal(paths)),
      daemon_exec: entry(
        daemonExecPortal({
          files,
          path: book.config.exec.path ?? DEFAULT_PATH,
          runner: { start: nothingRuns },
          isScoped: () => false,
        }),
      ),
    },
    policies: (name) => {
      const spoke = book.get(name);
      return spoke ? rights.of(spoke) : { policies: [], hash: '' };
    },
    anchors: async (policies) =>
      new Map((await Promise.all(policies.map(findAnchors))).flatMap((map) => [...map])),
    clock,
    decide: (policies, query) => decideBy(DECISION_POINTS[book.config.policy], policies, query),
    inTurn: lookupTurns(4),
  };
}
