import type { Answer } from '../schemas/answer.ts';
import type { Effective } from '../schemas/effective.ts';
import type { Context } from './context.ts';
import { answersTo, type Denial } from './denials.ts';
import { readPermissionsFile } from './permissions-file.ts';
import { type Proposals, proposalsFor, shellText } from './proposals.ts';
import { rightsOfSpokes } from './rights-of-spokes.ts';
import { whyText } from './why-text.ts';
import { dataOf, readSource } from './yaml-source.ts';

/** A denial with all that there is to say of it. */
export interface Explained {
  readonly denial: Denial;
  readonly answer: Answer | null;
  readonly proposals: Proposals;
  readonly text: string;
}

/** Explains denials, in their order. */
export async function explainDenials(
  context: Context,
  denials: readonly Denial[],
): Promise<readonly Explained[]> {
  const { places, home } = context;
  const [answers, rights, file] = await Promise.all([
    answersTo(context, denials),
    rightsOfSpokes(context),
    readPermissionsFile(context).catch(() => null),
  ]);
  const source = readSource(file ?? '');
  // A broken file says nothing that could be relied on, and `perms edit` is where it is mended.
  const data = source.document.errors.length === 0 ? dataOf(source) : {};
  const now = Date.now();
  return denials.map((denial, index) => {
    const answer = answers[index] ?? null;
    const proposals = proposalsFor({ denial, answer, home, data });
    const own: Effective | null = rights.get(denial.spoke) ?? null;
    const text = whyText({ denial, answer, rights: own, proposals, places, home, now });
    return { denial, answer, proposals, text };
  });
}

/** The same as data. */
export function explainedJson({ denial, answer, proposals }: Explained): object {
  const command = ({ words, note }: { words: readonly string[]; note: string }) => ({
    command: shellText(words),
    words: ['axium', ...words],
    note,
  });
  return {
    ...denial,
    now: answer && { effect: answer.effect, reason: answer.reason, rule: answer.rule },
    fixes: proposals.fixes.map(command),
    keep: proposals.keep && command(proposals.keep),
  };
}
