import { resolve } from 'node:path';
import { rightsText, titleText } from '../author/rights-text.ts';
import { runAuthor } from '../author/run-author.ts';
import type { Run } from '../commands.ts';
import { jsonText } from '../json-text.ts';

export const run: Run = async (context, { args: [directory = '.'], options }) => {
  const { spoke } = await runAuthor(context, 'look', resolve(directory));
  await context.print(options.json ? jsonText(spoke) : `${titleText(spoke)}\n${rightsText(spoke)}`);
};
