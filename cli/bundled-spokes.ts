import { access } from 'node:fs/promises';
import { shortPath } from '../schemas/places.ts';
import { schemaLine } from '../schemas/schema-line.ts';
import { bundledNames } from './bundled-names.ts';
import { bundledNamesIn, withBundled } from './bundled-setting.ts';
import type { Context } from './context.ts';
import { CliError, EXIT } from './exit.ts';
import { MAX_CONFIG_BYTES, readIfThere, replaceFile } from './replace-file.ts';
import { spokeStarted } from './spoke-started.ts';

/** Turns a bundled spoke on or off in config.yaml, then has the running daemon act on it. Prints what came of it. */
export async function setBundled(context: Context, name: string, enabled: boolean): Promise<void> {
  const { configFile } = context.places;
  const file = shortPath(configFile, context.home);
  const before = await readIfThere(configFile, MAX_CONFIG_BYTES);
  await refuseUnknown(context, name, enabled ? [] : bundledNamesIn(file, before));
  const text = withBundled(file, before, name, enabled);
  const word = enabled ? 'enabled' : 'disabled';
  if (text === null) return context.print(`${name} is ${word} already\n`);
  // An empty file is somebody's, and stays as they want it.
  const isNew = before === '' && !(await isThere(configFile));
  await replaceFile(configFile, before, isNew ? `${schemaLine(context.root, 'config')}${text}` : text);
  const how = `is ${word}`;
  const outcome = await spokeStarted(context, name, how, `${context.root}/spokes/${name}`);
  await context.print(`${name} ${word}${outcome}\n`);
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function refuseUnknown(context: Context, name: string, listed: readonly string[]): Promise<void> {
  const known = await bundledNames(context.root);
  if (known.includes(name) || listed.includes(name)) return;
  const own = shortPath(context.places.spokesDirectory, context.home);
  throw new CliError(
    EXIT.no,
    `spoke '${name}' not found among those that are bundled (${known.join(', ')}); one in ${own} runs without this`,
  );
}
