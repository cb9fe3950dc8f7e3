import { access, readdir } from 'node:fs/promises';
import { shortPath } from '../schemas/places.ts';
import { bundledNamesIn, withBundled } from './bundled-setting.ts';
import { DaemonNotRunning, request } from './client.ts';
import type { Context } from './context.ts';
import { CliError, EXIT } from './exit.ts';
import { readIfThere, replaceFile } from './replace-file.ts';

const MAX_CONFIG_BYTES = 65_536;

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
  const running = await reload(context, name);
  await context.print(
    running ? `${name} ${word}\n` : `${name} ${word}; this counts once the daemon is started\n`,
  );
}

/** The names of the bundled spokes there are, enabled or not. */
async function bundledNames(root: string): Promise<readonly string[]> {
  const entries = await readdir(`${root}/spokes`, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  const there = await Promise.all(
    names.map((name) =>
      access(`${root}/spokes/${name}/spoke.yaml`).then(
        () => true,
        () => false,
      ),
    ),
  );
  return names.filter((_name, index) => there[index]).sort();
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

/** False where no daemon runs. Throws where the spoke that was to run has failed. */
async function reload(context: Context, name: string): Promise<boolean> {
  try {
    const { spokes } = await request(context, 'spoke_reload', {});
    const spoke = spokes.find((status) => status.name === name);
    if (spoke?.state !== 'failed') return true;
    const why = spoke.reason ?? 'no reason was given';
    throw new CliError(
      EXIT.no,
      `spoke '${name}' is enabled and failed: ${why}; see 'axium spoke logs ${name}'`,
    );
  } catch (error) {
    if (error instanceof DaemonNotRunning) return false;
    throw error;
  }
}
