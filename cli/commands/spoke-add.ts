import { randomBytes } from 'node:crypto';
import { mkdir, realpath, rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { confirm } from '../author/confirm.ts';
import { findInstalled } from '../author/installed.ts';
import { rightsText, titleText } from '../author/rights-text.ts';
import { runAuthor } from '../author/run-author.ts';
import { waitingFor } from '../author/waiting-for.ts';
import type { Run } from '../commands.ts';
import { consentToAdded } from '../consent-to-added.ts';
import { CliError, EXIT } from '../exit.ts';
import { spokeStarted } from '../spoke-started.ts';

/**
 * Unpacks beside the spokes, under a name that the daemon passes over, and gives it its name once its user has read what
 * it asks for: until then nothing of it counts.
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
    const there = await findInstalled(context, spoke.name);
    if (there !== null) {
      const message = `spoke '${spoke.name}' is there already, in ${there}; run 'axium spoke remove ${spoke.name}' first`;
      throw new CliError(EXIT.no, message);
    }
    const hash = sha256 === null ? '' : `sha256 ${sha256}\n`;
    const waiting = await waitingFor(context, spoke.name);
    await context.print(`${titleText(spoke)}\n${hash}${rightsText(spoke)}${waiting}`);
    if (!options.yes) await confirm('Add it?');
    await rename(incoming, target);
    const outcome = await spokeStarted(context, spoke.name, 'is added', await realpath(target));
    await consentToAdded(context, spoke.name);
    await context.print(`${spoke.name} added${outcome}\n`);
  } finally {
    process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
    await discard();
  }
};

const INTERRUPTED = 130;
