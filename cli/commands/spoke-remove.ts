import { randomBytes } from 'node:crypto';
import { lstat, rename, rm, unlink } from 'node:fs/promises';
import { spokeNameSchema } from '../../schemas/names.ts';
import { confirm } from '../author/confirm.ts';
import { findInstalled } from '../author/installed.ts';
import { DaemonNotRunning, request } from '../client.ts';
import type { Run } from '../commands.ts';
import { spokeNotFound } from '../missing-spoke.ts';

/** Takes the files of a spoke away, and leaves what it has stored and what was overridden for it. */
export const run: Run = async (context, { args: [name = ''], options }) => {
  // A name is one directory of the user's: nothing else can be named by it.
  const there = spokeNameSchema.safeParse(name).success ? await findInstalled(context, name) : null;
  if (there === null) throw await spokeNotFound(context, name);
  if (!options.yes) await confirm(`Remove ${there} and all files in it?`);
  const directory = `${context.places.spokesDirectory}/${name}`;
  if ((await lstat(directory)).isSymbolicLink()) await unlink(directory);
  else {
    // Under a name that the daemon passes over, so that it never sees half of a spoke.
    const leaving = `${context.places.spokesDirectory}/.leaving-${randomBytes(8).toString('hex')}`;
    await rename(directory, leaving);
    await rm(leaving, { recursive: true, force: true });
  }
  await request(context, 'spoke_reload', {}).catch((error: unknown) => {
    if (!(error instanceof DaemonNotRunning)) throw error;
  });
  await context.print(`${name} removed; what it has stored stays in ${context.places.storage}/${name}\n`);
};
