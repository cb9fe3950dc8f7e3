import { readFile, rm } from 'node:fs/promises';
import { request } from '../client.ts';
import type { Run } from '../commands.ts';
import type { Context } from '../context.ts';
import { Collection } from '../demo/collection.ts';
import { DEMO_SPOKES, EXPECTATIONS } from '../demo/expectations.ts';
import { type PrivateDaemon, withPrivateDaemon } from '../demo/private-daemon.ts';
import { reportText } from '../demo/report.ts';
import { makeSampleHome, type SampleHome } from '../demo/sample-home.ts';
import { CliError, EXIT } from '../exit.ts';
import { followFile } from '../follow-file.ts';

const PATIENCE_MS = 30_000;
/** How much longer than all else a program of the host may take: the package manager of a busy one is slow. */
const PROGRAM_MS = 4000;
/** As long as this nothing more was asked: what depends on the host is not counted on, and comes at once if at all. */
const QUIET_MS = 300;

/** Ends with 1 and says what differed where any decision is not the expected one. */
export const run: Run = async (context) => {
  const first = await runOnce(context, { confined: true });
  const { collection, text } = first.collection.unconfinable
    ? await runUnconfined(context, first.sample)
    : first;
  await context.print(text);
  const { differences } = collection;
  if (differences.length > 0) {
    throw new CliError(EXIT.no, `expected other decisions: ${differences.length} differ`, differences);
  }
};

/** A daemon would refuse here; the demo's spokes are known, and what it shows is the mediation. */
async function runUnconfined(context: Context, { directory }: SampleHome) {
  await rm(directory, { recursive: true });
  context.remark(
    "axium: WARNING: this host cannot confine spokes; the demo, and it alone, runs its spokes all the same; see 'axium doctor'\n",
  );
  return runOnce(context, { confined: false });
}

async function runOnce(context: Context, how: { readonly confined: boolean }) {
  const sample = await makeSampleHome(Date.now(), { spokes: DEMO_SPOKES, ...how });
  const collection = new Collection(EXPECTATIONS);
  const seen = await withPrivateDaemon(context, sample, async (daemon) => {
    await collect(daemon, collection);
    return lookAt(daemon);
  });
  const text = reportText({ ...seen, sample, root: context.root, spokes: DEMO_SPOKES, collection });
  return { sample, collection, text };
}

/** Follows the audit log until everything expected is in it and nothing more comes, or for 30 seconds. */
async function collect({ context, broken }: PrivateDaemon, collection: Collection): Promise<void> {
  const done = new AbortController();
  const end = () => done.abort();
  let quiet: NodeJS.Timeout | undefined;
  let programs: NodeJS.Timeout | undefined;
  const take = async (lines: readonly string[]) => {
    for (const line of lines) collection.add(line);
    clearTimeout(quiet);
    if (collection.complete) quiet = setTimeout(end, QUIET_MS);
    else if (collection.completeButForPrograms) programs ??= setTimeout(end, PROGRAM_MS);
  };
  const patience = setTimeout(end, PATIENCE_MS);
  broken.addEventListener('abort', end);
  if (broken.aborted) end();
  try {
    await followFile(context.places.auditLog, { file: null, offset: 0 }, take, done.signal);
  } finally {
    for (const timer of [patience, quiet, programs]) clearTimeout(timer);
  }
}

/** What is left of the spokes' work in the daemon before it ends. */
async function lookAt({ context, notes }: PrivateDaemon) {
  const hud = await request(context, 'hud');
  const segments = hud.segments.toSorted((a, b) => (a.spoke < b.spoke ? -1 : 1));
  const { lease, notifications } = await request(context, 'notify_lease');
  if (lease !== null) await request(context, 'notify_ack', { lease });
  const { securityLog, auditLog } = context.places;
  const lines = (await readFile(securityLog, 'utf8')).split('\n');
  const example = lines.filter((line) => line.includes('spoke=creds action=exec '));
  return { notes, segments, notifications, securityLog, auditLog, example };
}
