import { askChoice } from '../ask-choice.ts';
import { since } from '../audit-filter.ts';
import { changeRule } from '../change-rule.ts';
import type { Options, Run } from '../commands.ts';
import type { Context } from '../context.ts';
import { isMeant, readDenials } from '../denials.ts';
import { CliError } from '../exit.ts';
import { type Explained, explainDenials, explainedJson } from '../explain-denials.ts';
import { jsonText } from '../json-text.ts';
import { type Proposal, shellText } from '../proposals.ts';
import { run as reset } from './perms-reset.ts';

/** How many different denials are gone through at once. */
const MAX_REVIEWED = 50;

/** Goes through what was denied and is neither allowed by now nor wanted denied. Without a terminal it prints JSON. */
export const run: Run = async (context, { args, options }) => {
  const [spoke] = args;
  const denials = await readDenials(context, { spoke, since: since(options.since ?? '7d', Date.now()) });
  const explained = await explainDenials(context, denials.slice(0, MAX_REVIEWED));
  const open = explained.filter(
    ({ denial, answer, proposals }) =>
      answer?.effect !== 'allow' && !isMeant(denial, answer) && proposals.fixes.length > 0,
  );
  if (options.json || !process.stdin.isTTY || !process.stderr.isTTY) {
    return context.print(jsonText(open.map(explainedJson)));
  }
  if (open.length === 0) return context.print('Nothing to review.\n');
  for (const [index, one] of open.entries()) {
    context.remark(`${index === 0 ? '' : '\n'}${one.text}`);
    if ((await decide(context, one)) === 'q') return;
  }
};

type Letter = '1' | '2' | 'd' | 's' | 'q';

async function decide(context: Context, { proposals }: Explained): Promise<Letter | null> {
  const [narrow, wide] = proposals.fixes;
  const choices: readonly (readonly [Letter, string, Proposal | undefined])[] = [
    ['1', '(1) the first', narrow],
    ['2', '(2) the second', wide],
    ['d', '(d)eny', proposals.keep ?? undefined],
  ];
  const offered = choices.filter(([, , proposal]) => proposal !== undefined);
  const question = `${[...offered.map(([, text]) => text), '(s)kip', '(q)uit'].join(', ')}? `;
  const letters: readonly Letter[] = [...offered.map(([letter]) => letter), 's', 'q'];
  const letter = await askChoice(question, letters);
  const chosen = offered.find(([one]) => one === letter)?.[2];
  if (chosen) await perform(context, chosen);
  return letter;
}

/** Does what the command would; one that is refused is told of, and the next one asked about. */
async function perform(context: Context, { words }: Proposal): Promise<void> {
  const [, verb, ...rest] = words;
  const args = rest.filter((word, index) => !word.startsWith('--') && rest[index - 1] !== '--for');
  const options: Options = {
    // What is proposed is a pattern, or is escaped already.
    pattern: true,
    ...(rest.includes('--for') ? { for: '1h' } : {}),
    ...(rest.includes('--yes') ? { yes: true } : {}),
  };
  try {
    if (verb === 'reset') await reset(context, { args, options });
    else await changeRule(context, verb === 'deny' ? 'deny' : 'allow', { args, options });
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    const details = error.details.map((detail) => `  ${detail}\n`).join('');
    context.remark(`axium: ${shellText(words)}: ${error.message}\n${details}`);
  }
}
