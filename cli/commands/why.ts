import type { Run } from '../commands.ts';
import { isMeant, readDenials } from '../denials.ts';
import { CliError, EXIT } from '../exit.ts';
import { explainDenials, explainedJson } from '../explain-denials.ts';
import { jsonText } from '../json-text.ts';

/** How many different denials are looked at for the last one that its user has not settled yet. */
const LOOKED_AT = 20;

/** Explains the last denial: of all, of one spoke, or of one request. */
export const run: Run = async (context, { args, options }) => {
  const [spoke] = args;
  const denials = await readDenials(context, { spoke, id: options.id });
  if (denials.length === 0) {
    const what = options.id === undefined ? '' : ` under the id ${options.id}`;
    throw new CliError(
      EXIT.no,
      `nothing that was denied${spoke === undefined ? '' : ` to ${spoke}`} is on record${what}`,
    );
  }
  const explained = await explainDenials(context, denials.slice(0, LOOKED_AT));
  // What its user wants denied is told only where there is nothing else.
  const told = explained.find(({ denial, answer }) => !isMeant(denial, answer)) ?? explained[0];
  if (told) await context.print(options.json ? jsonText(explainedJson(told)) : told.text);
};
