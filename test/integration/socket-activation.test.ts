import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rename } from 'node:fs/promises';
import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { makeAxiumHome } from './support/axium-home.ts';
import { askControl } from './support/hosted-daemon.ts';

const MAIN = new URL('../../dist/core/main.js', import.meta.url).pathname;

/** Starts the daemon as a service manager does that listens itself: the socket is descriptor 3, and the pid is its own. */
test('a daemon takes the socket that its service manager opened, and leaves it where it is', async () => {
  const home = await makeAxiumHome();
  onTestFinished(home.remove);
  await mkdir(home.places.run, { recursive: true, mode: 0o700 });
  await mkdir(home.places.config, { recursive: true, mode: 0o700 });
  const server = createServer();
  // Closing it here takes away the name under which it was made, and that alone.
  server.listen(`${home.places.run}/made.sock`);
  await once(server, 'listening');
  await rename(`${home.places.run}/made.sock`, home.places.socket);
  const { _handle: handle } = server as unknown as { readonly _handle: number };
  const daemon = spawn(
    '/bin/sh',
    ['-c', `LISTEN_FDS=1 LISTEN_PID=$$ exec "$0" "$1"`, process.execPath, MAIN],
    {
      env: home.env,
      stdio: ['ignore', 'ignore', 'inherit', handle],
    },
  );
  // From here on it is the daemon's alone; what connects before it is ready waits.
  server.close();
  onTestFinished(async () => {
    const exited = once(daemon, 'exit');
    if (daemon.kill()) await exited;
  });
  expect(await askControl(home.places.socket, { cmd: 'ping' })).toMatchObject({ ok: true, pid: daemon.pid });
  expect(await askControl(home.places.socket, { cmd: 'whoami' })).toMatchObject({
    ok: true,
    uid: process.getuid?.(),
  });
});
