import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { connectTo, DaemonNotRunning } from '../../cli/client.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';

const LISTEN = "require('node:net').createServer().listen(process.argv[1], () => console.log('listening'))";

/** Holds this thread up to ten seconds, so that nothing that has come is seen meanwhile. */
function holdUntil(what: string, isSo: () => boolean): void {
  for (const until = performance.now() + 10_000; !isSo(); )
    if (performance.now() > until) throw new Error(`not so within ten seconds: ${what}`);
}

function standsStill(pid: number): boolean {
  return /^State:\sT/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
}

function isListenedAt(path: string): boolean {
  return readFileSync('/proc/net/unix', 'utf8').includes(path);
}

test('a daemon that is killed before it has taken the connection is one that does not run', async () => {
  const path = `${makeTemporaryDirectory()}/sock`;
  const listener = spawn(process.execPath, ['-e', LISTEN, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void listener.kill('SIGKILL'));
  await once(listener.stdout, 'data');
  const { pid = 0 } = listener;
  listener.kill('SIGSTOP');
  holdUntil('it stands still', () => standsStill(pid));
  // The kernel makes the connection, and breaks it before this process is told that there is one.
  const connected = connectTo(path);
  listener.kill('SIGKILL');
  holdUntil('its socket is closed', () => !isListenedAt(path));
  await expect(connected).rejects.toBeInstanceOf(DaemonNotRunning);
});

test.each(['where nothing lies', 'below a file', 'at a file'])('%s no daemon runs', async (where) => {
  const home = makeTemporaryDirectory();
  writeFileSync(`${home}/file`, '');
  const paths = { 'where nothing lies': 'none', 'below a file': 'file/sock', 'at a file': 'file' };
  const path = `${home}/${paths[where as keyof typeof paths]}`;
  await expect(connectTo(path)).rejects.toBeInstanceOf(DaemonNotRunning);
});

test('what else is in the way of a connection is told with its place, and ends with 69', async () => {
  const path = `${makeTemporaryDirectory()}/sock`;
  symlinkSync(path, path);
  await expect(connectTo(path)).rejects.toMatchObject({
    exitCode: 69,
    message: `${path}: the daemon cannot be reached (ELOOP)`,
  });
});
