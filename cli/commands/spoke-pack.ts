import { resolve } from 'node:path';
import { visibleText } from '../../schemas/visible-text.ts';
import { rightsText, titleText } from '../author/rights-text.ts';
import { runAuthor } from '../author/run-author.ts';
import type { Run } from '../commands.ts';
import { jsonText } from '../json-text.ts';

export const run: Run = async (context, { args: [directory = '.'], options }) => {
  const from = resolve(directory);
  const { spoke, archive, sha256 } = await runAuthor(context, 'pack', from, resolve(options.output ?? '.'));
  if (options.json) return context.print(jsonText({ archive, sha256, spoke }));
  const made = `${visibleText(archive)}\nsha256 ${sha256}\n`;
  await context.print(`${titleText(spoke)}\n${rightsText(spoke)}${made}`);
};
