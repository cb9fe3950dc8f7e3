import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openControlSocket } from '../../core/control/socket.ts';
import { makeDirectories } from '../../core/directories.ts';
import { configSchema } from '../../schemas/config.ts';
import { placesFor } from '../../schemas/places.ts';
import { createPowers } from '../support/powers.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';

const OTHER_GROUP = 54_370;
const isRoot = process.getuid?.() === 0;

async function opened(socket: object, activated: number | null = null) {
  const home = makeTemporaryDirectory();
  const powers = createPowers();
  const places = placesFor({ AXIUM_HOME: home }, home);
  await makeDirectories(powers, places);
  const open = (setting: object) =>
    openControlSocket(powers, places, configSchema.parse({ socket: setting }).socket, activated);
  const { server, onlyOwner } = await open(socket);
  onTestFinished(() => void server.close());
  const [file, directory] = await Promise.all([places.socket, places.run].map((path) => stat(path)));
  const shown = [file, directory].map((one) => ((one?.mode ?? 0) & 0o7777).toString(8));
  return { shown, groups: [file?.gid, directory?.gid], onlyOwner, open, places, powers, server };
}

test.each([
  [{}, ['600', '700'], true],
  [{ mode: '0600' }, ['600', '700'], true],
  [{ mode: '0660' }, ['660', '750'], false],
  [{ mode: 666 }, ['666', '711'], false],
])('%j: the modes of the socket and of its directory are %j', async (setting, modes, onlyOwner) => {
  expect(await opened(setting)).toMatchObject({ shown: modes, onlyOwner });
});

test.runIf(isRoot)('a group has the socket and the directory, and is let in', async () => {
  expect(await opened({ group: String(OTHER_GROUP) })).toMatchObject({
    shown: ['660', '750'],
    groups: [OTHER_GROUP, OTHER_GROUP],
    onlyOwner: false,
  });
});

test.runIf(isRoot)('a member of that group reaches the socket, and nobody else does', async ({ skip }) => {
  skip(!existsSync('/usr/bin/setpriv'), 'there is no setpriv here');
  const { places, server } = await opened({ group: String(OTHER_GROUP) });
  await chmod(dirname(places.run), 0o711);
  server.on('connection', (socket) => socket.end());
  const reaches = (groups: string) =>
    new Promise((resolve) => {
      const as = ['--reuid=65534', '--regid=65534', `--groups=${groups}`];
      const connect = 'use Socket; socket S, PF_UNIX, SOCK_STREAM, 0; exit !connect S, sockaddr_un($ARGV[0])';
      execFile('/usr/bin/setpriv', [...as, '/usr/bin/perl', '-e', connect, places.socket], (error) =>
        resolve(error === null),
      );
    });
  expect([await reaches(String(OTHER_GROUP)), await reaches(String(OTHER_GROUP + 1))]).toEqual([true, false]);
});

test('a group that is not there is told, and nothing is opened', async () => {
  const { open, places, server } = await opened({});
  server.close();
  await expect(open({ group: 'no-such-group' })).rejects.toThrow(
    "config.yaml: socket.group: there is no group 'no-such-group' on this host; make it, or name another",
  );
  await expect(stat(places.socket)).rejects.toThrow('ENOENT');
});

test('a socket that was opened to others is closed to them at the next start', async () => {
  const { open, places, server } = await opened({ mode: '0666' });
  server.close();
  const next = await open({});
  onTestFinished(() => void next.server.close());
  expect(((await stat(places.run)).mode & 0o777).toString(8)).toBe('700');
});
