import type { Server } from 'node:net';
import type { Config } from '../../schemas/config.ts';
import type { Places } from '../../schemas/places.ts';
import { AxiumError } from '../errors.ts';
import type { Powers } from '../powers.ts';
import { groupNumber } from './groups.ts';

export interface ControlSocket {
  readonly server: Server;
  /** Whether nobody but the daemon's user and root can open it. */
  readonly onlyOwner: boolean;
}

/**
 * Opens the control socket as `socket` of config.yaml says, or takes the one that the service manager opened, whose mode is
 * the manager's. Throws `invalid` where the group cannot be given to it.
 */
export async function openControlSocket(
  powers: Pick<Powers, 'files' | 'listen'>,
  places: Places,
  setting: Config['socket'],
  activated: number | null,
): Promise<ControlSocket> {
  if (activated !== null) return { server: await powers.listen({ descriptor: activated }), onlyOwner: false };
  const { files } = powers;
  const mode = setting.mode ?? (setting.group === undefined ? 0o600 : 0o660);
  const gid = setting.group === undefined ? null : await knownGroup(files, setting.group);
  // Whoever is let in is let in by the socket, which nobody else can reach before it is as it shall be.
  await files.chmod(places.run, 0o700);
  // The lock is ours, so that a socket under this name is one that a dead daemon left.
  await files.rm(places.socket, { force: true });
  const server = await powers.listen(places.socket);
  try {
    await files.chmod(places.socket, mode);
    if (gid !== null) await giveToGroup(files, [places.socket, places.run], gid, setting.group ?? '');
    await files.chmod(places.run, DIRECTORY_MODE.get(mode) ?? 0o700);
  } catch (error) {
    server.close();
    throw error;
  }
  return { server, onlyOwner: mode === 0o600 };
}

/** The mode of the directory for that of the socket in it: to be passed through, and not to be listed by strangers. */
const DIRECTORY_MODE: ReadonlyMap<number, number> = new Map([
  [0o600, 0o700],
  [0o660, 0o750],
  [0o666, 0o711],
]);

async function knownGroup(files: Powers['files'], name: string): Promise<number> {
  const gid = await groupNumber(files, name);
  if (gid !== null) return gid;
  throw new AxiumError(
    'invalid',
    `config.yaml: socket.group: there is no group '${name}' on this host; make it, or name another`,
  );
}

async function giveToGroup(files: Powers['files'], paths: readonly string[], gid: number, name: string) {
  for (const path of paths) {
    await files.chown(path, (await files.stat(path)).uid, gid).catch(() => {
      throw new AxiumError(
        'invalid',
        `config.yaml: socket.group: ${path} cannot be given to the group '${name}'; the user of the daemon has to be in it`,
      );
    });
  }
}
