import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect, onTestFinished, type TestContext, test } from 'vitest';
import { makeUnit } from '../../cli/unit-file.ts';
import { placesFor } from '../../schemas/places.ts';
import { PACKAGE } from '../cli/support/cli.ts';
import { askControl } from '../integration/support/hosted-daemon.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';

const SYSTEMD = '/usr/lib/systemd/systemd';

/** A systemd of a user whose home is a directory of this test; skips where none can be started. */
async function userManager(context: TestContext) {
  if (!existsSync(SYSTEMD)) context.skip(`${SYSTEMD} is not installed`);
  const home = makeTemporaryDirectory();
  const runtime = `${home}/run`;
  const units = `${home}/.config/systemd/user`;
  await mkdir(runtime, { mode: 0o700 });
  await mkdir(units, { recursive: true });
  const env = { HOME: home, XDG_RUNTIME_DIR: runtime, PATH: '/usr/bin:/bin', LC_ALL: 'C' };
  await writeFile(
    `${units}/axiumd.service`,
    await makeUnit({ node: process.execPath, root: PACKAGE, env: {} }),
  );
  const manager = spawn(SYSTEMD, ['--user'], { env, stdio: 'ignore' });
  const exited = once(manager, 'exit').then(([code]) => `it ended with ${code}`);
  onTestFinished(async () => {
    // A systemd of a user ends itself by it, and all that it runs.
    manager.kill('SIGTERM');
    await exited;
  });
  const systemctl = async (...words: readonly string[]) => {
    const { stdout } = await promisify(execFile)('/usr/bin/systemctl', ['--user', ...words], { env });
    return stdout.trim();
  };
  const running = (async () => {
    while (manager.exitCode === null) {
      if (existsSync(`${runtime}/systemd/private`))
        return systemctl('is-system-running').catch(() => 'degraded');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return exited;
  })();
  const outcome = await Promise.race([exited, running]);
  if (outcome.startsWith('it ended')) context.skip(`no systemd of a user can be started here: ${outcome}`);
  return { systemctl, places: placesFor(env, home) };
}

test('a systemd of the user starts the unit once it is ready, starts it again after a crash, and stops it', async (context) => {
  const { systemctl, places } = await userManager(context);
  const pid = async () => Number(await systemctl('show', '--value', '-p', 'MainPID', 'axiumd.service'));
  await systemctl('start', 'axiumd.service');
  const first = await pid();
  expect(await askControl(places.socket, { cmd: 'ping' })).toMatchObject({ ok: true, pid: first });
  process.kill(first, 'SIGKILL');
  let second = await pid();
  for (; second === first || second === 0; second = await pid()) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  // Started and not yet ready: systemd settles with that.
  await systemctl('start', 'axiumd.service');
  expect(await askControl(places.socket, { cmd: 'ping' })).toMatchObject({ ok: true, pid: second });
  await systemctl('stop', 'axiumd.service');
  expect(await systemctl('show', '--value', '-p', 'ActiveState', 'axiumd.service')).toBe('inactive');
  await expect(askControl(places.socket, { cmd: 'ping' })).rejects.toThrow();
}, 120_000);
