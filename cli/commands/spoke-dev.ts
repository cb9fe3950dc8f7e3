import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { shortPath } from '../../schemas/places.ts';
import { visibleText } from '../../schemas/visible-text.ts';
import { filterOf } from '../audit-filter.ts';
import { recordIn } from '../audit-record.ts';
import { AuditSelection } from '../audit-selection.ts';
import { authorPlaces } from '../author/author-place.ts';
import { devText } from '../author/dev-text.ts';
import { runAuthor } from '../author/run-author.ts';
import { watchSources } from '../author/watch-sources.ts';
import { request } from '../client.ts';
import type { Run } from '../commands.ts';
import type { Context } from '../context.ts';
import { INTERRUPTED, withPrivateDaemon } from '../demo/private-daemon.ts';
import { CliError } from '../exit.ts';
import { reportFailure } from '../failure.ts';
import { followFile } from '../follow-file.ts';

/** The directory that the private daemon finds the spoke in. Its name means nothing. */
const STAGED = 'config/spokes/spoke';

/**
 * Runs a spoke from where its author writes it, in a daemon of its own whose files are gone afterwards. The home is the
 * user's: what the spoke reads there is real.
 */
export const run: Run = async (context, { args: [directory = '.'], options: { require: level } }) => {
  const source = await realpath(resolve(directory));
  const axium = await realpath(await mkdtemp(`${tmpdir()}/axium-dev-`));
  try {
    await mkdir(`${axium}/${STAGED}`, { recursive: true, mode: 0o700 });
    const wanted = level === undefined ? '' : `sandbox:\n  require: ${level}\n`;
    await writeFile(`${axium}/config/config.yaml`, wanted, { mode: 0o600 });
    while (await runUntilItAsksForMore(context, source, axium)) {
      await context.print('spoke.yaml has changed; starting anew\n');
      // To a daemon it would be an update that asks for more, which waits for consent. Its author gives that by saving it.
      await rm(`${axium}/state`, { recursive: true, force: true });
    }
  } catch (error) {
    if (!(error instanceof CliError) || error.exitCode !== INTERRUPTED) throw error;
  } finally {
    await rm(axium, { recursive: true, force: true });
  }
};

/** One private daemon, which follows every change but one of the manifest: with that it ends, and this is true. */
async function runUntilItAsksForMore(context: Context, source: string, axium: string): Promise<boolean> {
  const staged = `${axium}/${STAGED}`;
  const again = new AbortController();
  await tellFailure(context, () => runAuthor(context, 'stage', source, staged));
  await withPrivateDaemon(context, { home: context.home, axium }, async (daemon) => {
    for (const note of daemon.notes) context.remark(`note: ${visibleText(note)}\n`);
    await context.print(`watching ${visibleText(shortPath(source, context.home))}; end it with ctrl-c\n`);
    const stop = AbortSignal.any([daemon.broken, again.signal]);
    const follow = () =>
      tellFailure(context, async () => {
        const isAnother = (await manifestIn(source)) !== (await manifestIn(staged));
        await runAuthor(context, isAnother ? 'look' : 'stage', source, staged);
        if (isAnother) again.abort();
        else await startIdle(daemon.context);
      });
    const shown = showRequests(daemon.context, authorPlaces(staged, source), stop);
    await tellFailure(context, () => startIdle(daemon.context));
    await Promise.all([watchSources(source, follow, stop), shown]);
  });
  return again.signal.aborted;
}

/** What runs on demand is started at each change: its author wants to see it run, and can call none of its commands here. */
async function startIdle(context: Context): Promise<void> {
  const { spokes } = await request(context, 'spoke_list');
  for (const { name, state } of spokes)
    if (state === 'idle') await request(context, 'spoke_reload', { spoke: name });
}

function manifestIn(directory: string): Promise<string | null> {
  return readFile(`${directory}/spoke.yaml`, 'utf8').catch(() => null);
}

/** What is broken is told, and what ran before goes on. */
async function tellFailure(context: Context, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    reportFailure(error, context.remark);
  }
}

/** Prints every request with its decision, and what the spoke prints, until the daemon is to end. */
async function showRequests(
  context: Context,
  where: (text: string) => string,
  stop: AbortSignal,
): Promise<void> {
  const selection = new AuditSelection(filterOf({}, context.home, 0));
  const outputs = new Map<string, Promise<void>>();
  const showOutput = (spoke: string) =>
    followFile(
      `${context.places.spokeLogs}/${spoke}.log`,
      { file: null, offset: 0 },
      async (lines) =>
        context.print(lines.map((line) => `${spoke} | ${visibleText(where(line))}\n`).join('')),
      stop,
    );
  const take = async (lines: readonly string[]) => {
    for (const line of lines) {
      const record = recordIn(line);
      const selected = record && selection.take(record);
      if (!selected) continue;
      if (record.type === 'event' && record.spoke !== null && !outputs.has(record.spoke)) {
        outputs.set(record.spoke, showOutput(record.spoke));
      }
      const text = devText(selected, context.home, where);
      if (text !== '') await context.print(text);
    }
  };
  await followFile(context.places.auditLog, { file: null, offset: 0 }, take, stop);
  await Promise.all(outputs.values());
}
