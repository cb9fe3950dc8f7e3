import { shortPath } from '../schemas/places.ts';
import { bundledNames } from './bundled-names.ts';
import { bundledNamesIn, withBundled } from './bundled-setting.ts';
import { DaemonNotRunning, request } from './client.ts';
import type { Context } from './context.ts';
import { CliError, EXIT } from './exit.ts';
import { MAX_CONFIG_BYTES, readIfThere, replaceFile } from './replace-file.ts';
import { failed, hasFailed } from './spokes-text.ts';

/** Turns a bundled spoke on or off in config.yaml, then has the running daemon act on it. Prints what came of it. */
export async function setBundled(context: Context, name: string, enabled: boolean): Promise<void> {
  const { configFile } = context.places;
  const file = shortPath(configFile, context.home);
  const before = await readIfThere(configFile, MAX_CONFIG_BYTES);
  await refuseUnknown(context, name, enabled ? [] : bundledNamesIn(file, before));
  const text = withBundled(file, before, name, enabled);
  const word = enabled ? 'enabled' : 'disabled';
  if (text === null) return context.print(`${name} is ${word} already\n`);
  await replaceFile(configFile, before, text);
  const outcome = await reload(context, name);
  await context.print(`${name} ${word}${outcome}\n`);
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

/** What to say behind the word. Throws where the spoke that was to run does not. */
async function reload(context: Context, name: string): Promise<string> {
  try {
    const { spokes, refused } = await request(context, 'spoke_reload', {});
    const spoke = spokes.find((status) => status.name === name);
    if (spoke && hasFailed(spoke)) throw failed(spoke, 'is enabled and failed');
    const problems = refused.find(
      ({ directory }) => directory === `${context.root}/spokes/${name}`,
    )?.problems;
    if (problems) throw new CliError(EXIT.no, `spoke '${name}' is enabled and refused:`, problems);
    return spoke?.state === 'ready' ? ` and ready (${spoke.level})` : '';
  } catch (error) {
    if (error instanceof DaemonNotRunning) return '; this counts once the daemon is started';
    throw error;
  }
}
