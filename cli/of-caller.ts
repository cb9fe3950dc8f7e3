import { execFile } from 'node:child_process';
import { userInfo } from 'node:os';
import { promisify } from 'node:util';
import { placesFor } from '../schemas/places.ts';
import type { Context } from './context.ts';
import { ownSocket } from './own-socket.ts';

const GETENT = '/usr/bin/getent';

/**
 * The same, where the daemon of whoever called `sudo` is asked: `sudo` hands on none of the variables by which it would be
 * found. One of them that is set says which daemon is meant, as it always does. Throws 77 where what lies in the place of
 * its socket is not one of theirs.
 */
export async function ofCaller(context: Context): Promise<Context> {
  const { AXIUM_HOME, XDG_RUNTIME_DIR, SUDO_UID: uid = '' } = context.env;
  if (AXIUM_HOME || XDG_RUNTIME_DIR || !/^[1-9]\d{0,9}$/.test(uid) || userInfo().uid !== 0) return context;
  const home = await homeOfUser(uid);
  for (const env of [{ XDG_RUNTIME_DIR: `/run/user/${uid}` }, {}]) {
    const places = placesFor(env, home);
    const socket = ownSocket(places.socket, Number(uid));
    if (socket !== null) return { ...context, home, places: { ...places, socket } };
  }
  return context;
}

/** As the system says; a home that is not known leads to no daemon. */
async function homeOfUser(uid: string): Promise<string> {
  const { stdout } = await promisify(execFile)(GETENT, ['passwd', uid]).catch(() => ({ stdout: '' }));
  return stdout.trimEnd().split(':')[5] || '/nonexistent';
}
