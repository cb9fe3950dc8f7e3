import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { promisify } from 'node:util';
import { placesFor } from '../schemas/places.ts';
import type { Context } from './context.ts';

const GETENT = '/usr/bin/getent';

/**
 * The same, where the daemon of whoever called `sudo` is asked: `sudo` hands on none of the variables by which it would be
 * found. One of them that is set says which daemon is meant, as it always does.
 */
export async function ofCaller(context: Context): Promise<Context> {
  const { AXIUM_HOME, XDG_RUNTIME_DIR, SUDO_UID: uid = '' } = context.env;
  if (AXIUM_HOME || XDG_RUNTIME_DIR || !/^[1-9]\d{0,9}$/.test(uid) || userInfo().uid !== 0) return context;
  const home = await homeOfUser(uid);
  const places = [{ XDG_RUNTIME_DIR: `/run/user/${uid}` }, {}]
    .map((env) => placesFor(env, home))
    .find(({ socket }) => existsSync(socket));
  return places ? { ...context, home, places } : context;
}

/** As the system says; a home that is not known leads to no daemon. */
async function homeOfUser(uid: string): Promise<string> {
  const { stdout } = await promisify(execFile)(GETENT, ['passwd', uid]).catch(() => ({ stdout: '' }));
  return stdout.trimEnd().split(':')[5] || '/nonexistent';
}
