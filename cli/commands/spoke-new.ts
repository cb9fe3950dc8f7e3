import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { spokeNameSchema } from '../../schemas/names.ts';
import { schemaLine } from '../../schemas/schema-line.ts';
import { templateFiles } from '../author/templates.ts';
import type { Run } from '../commands.ts';
import { CliError, EXIT } from '../exit.ts';

/** Writes into a directory that it makes, so that nothing is written over. */
export const run: Run = async (context, { args: [name = ''], options: { template = 'js' } }) => {
  const checked = spokeNameSchema.safeParse(name);
  if (!checked.success) throw new CliError(EXIT.usage, `'${name}': ${checked.error.issues[0]?.message}`);
  const directory = resolve(name);
  await mkdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
    throw new CliError(EXIT.no, `${name} is there already; choose another name, or go elsewhere`);
  });
  const files = templateFiles(template, name, schemaLine(context.root, 'spoke'));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(`${directory}/${path}`), { recursive: true });
    await writeFile(`${directory}/${path}`, text, { flag: 'wx' });
  }
  await context.print(`${name} is in ./${name}; next: cd ${name} && axium spoke dev\n`);
};
