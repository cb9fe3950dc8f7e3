import { lstat, readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { shortPath } from '../../schemas/places.ts';
import { visibleText } from '../../schemas/visible-text.ts';
import { runAuthor } from '../author/run-author.ts';
import { typesText } from '../author/types-text.ts';
import type { Run } from '../commands.ts';
import { CliError, EXIT } from '../exit.ts';

const FILE = 'spoke.d.ts';
const OURS = "// Written by 'axium spoke types'";

/** Writes over nothing but what it has written before, and by no link: whoever made the directory chose where that leads. */
export const run: Run = async (context, { args: [directory = '.'] }) => {
  const source = resolve(directory);
  const { spoke } = await runAuthor(context, 'look', source);
  if (spoke.runtime !== 'node') {
    throw new CliError(
      EXIT.no,
      `${spoke.name} has the runtime ${spoke.runtime}; there are types for node alone`,
    );
  }
  const file = `${source}/${FILE}`;
  const told = visibleText(shortPath(file, context.home));
  const before = await textOf(file);
  if (!before.startsWith(OURS)) throw new CliError(EXIT.no, `${told} is not one of ours; move it away first`);
  await writeFile(file, typesText(spoke));
  await context.print(`${told}\n`);
};

async function textOf(file: string): Promise<string> {
  try {
    return (await lstat(file)).isFile() ? await readFile(file, 'utf8') : '';
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return OURS;
    throw error;
  }
}
