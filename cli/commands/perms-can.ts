import { ACTIONS, type Action } from '../../schemas/actions.ts';
import { answerText } from '../answer-text.ts';
import { askDecision } from '../ask-decision.ts';
import type { Run } from '../commands.ts';
import { CliError, EXIT } from '../exit.ts';
import { jsonText } from '../json-text.ts';
import { explainMissingSpoke } from '../missing-spoke.ts';

/** Yes is 0 and no is 1, so that a script can ask. */
export const run: Run = async (context, { args, options }) => {
  const [spoke = '', action = '', resource] = args;
  refuseOther(action, resource);
  const question = { spoke, action: action as Action, ...(resource === undefined ? {} : { resource }) };
  const { answer, running } = await askDecision(context, question).catch(async (error: unknown) => {
    throw await explainMissingSpoke(context, error, spoke);
  });
  if (!running) context.remark('axium: the daemon is not running; this is what the files say\n');
  await context.print(options.json ? jsonText(answer) : answerText(answer, context.home));
  if (answer.effect !== 'allow') throw new CliError(EXIT.no, '');
};

function refuseOther(action: string, resource: string | undefined): void {
  if (!(ACTIONS as readonly string[]).includes(action)) {
    throw new CliError(EXIT.usage, `'${action}': expected an action, one of ${ACTIONS.join(', ')}`);
  }
  const what = WHAT[action];
  if ((what !== undefined) === (resource !== undefined)) return;
  throw new CliError(
    EXIT.usage,
    what === undefined
      ? `${action}: expected nothing further; found '${resource}'`
      : `${action}: expected ${what}`,
  );
}

/** What is asked about with each action that is about something. */
const WHAT: Readonly<Record<string, string>> = {
  exec: "a command in quotes, like 'git log'",
  fs_read: 'a path',
  fs_write: 'a path',
  privileged: 'the name of an action of root, as its table has it',
};
