import { randomBytes } from 'node:crypto';
import { mkdir, realpath, rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { AuthorReplies } from '../../schemas/author.ts';
import { confirm } from '../author/confirm.ts';
import { findReplaced } from '../author/installed.ts';
import { rightsDifference, rightsText, titleText } from '../author/rights-text.ts';
import { runAuthor } from '../author/run-author.ts';
import { waitingFor } from '../author/waiting-for.ts';
import type { Run } from '../commands.ts';
import { consentToAdded } from '../consent-to-added.ts';
import { askEntry } from '../run-check.ts';
import { spokeStarted } from '../spoke-started.ts';

/**
 * Unpacks beside the spokes, under a name that the daemon passes over, and gives it its name once its user has read what
 * it asks for: until then nothing of it counts. One that is there changes its name with it, so that there is always the
 * old one or the new one; what the new one asks for beside the old counts if it is accepted here, and waits otherwise.
 */
export const run: Run = async (context, { args: [source = ''], options }) => {
  const { spokesDirectory } = context.places;
  await mkdir(spokesDirectory, { recursive: true, mode: 0o700 });
  const incoming = `${spokesDirectory}/.incoming-${randomBytes(8).toString('hex')}`;
  const discard = () => rm(incoming, { recursive: true, force: true });
  const interrupted = () => void discard().finally(() => process.exit(INTERRUPTED));
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  try {
    const { spoke, sha256 } = await runAuthor(context, 'unpack', resolve(source), incoming);
    const target = `${spokesDirectory}/${spoke.name}`;
    const before = await findReplaced(context, spoke.name);
    const hash = sha256 === null ? '' : `sha256 ${sha256}\n`;
    const waiting = await waitingFor(context, spoke.name);
    const difference = before === null ? '' : rightsDifference(before, spoke);
    await context.print(`${titleText(spoke)}\n${hash}${rightsText(spoke)}${difference}${waiting}`);
    const how = before === null ? 'added' : 'updated';
    if (!options.yes) await confirm(before === null ? 'Add it?' : 'Update it?');
    if (before === null) await rename(incoming, target);
    else await askEntry<AuthorReplies['exchange']>(context, 'author', ['exchange', incoming, target]);
    const outcome = await spokeStarted(context, spoke.name, `is ${how}`, await realpath(target));
    const asks = before !== null && !options.yes;
    const waits = await consentToAdded(context, spoke.name, asks ? askWhether : async () => true);
    const note = waits ? `; what is new waits: axium spoke review ${spoke.name}` : '';
    await context.print(`${spoke.name} ${how}${outcome}${note}\n`);
  } finally {
    process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
    await discard();
  }
};

const INTERRUPTED = 130;

/** No is an answer too: the update stays, and goes on with what the one before had. */
const askWhether = () =>
  confirm('Accept what is new?').then(
    () => true,
    () => false,
  );
