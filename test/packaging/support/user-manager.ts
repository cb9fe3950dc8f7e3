import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chown, mkdir, writeFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { onTestFinished, type TestContext } from 'vitest';
import { makeUnit } from '../../../cli/unit-file.ts';
import { type Places, placesFor } from '../../../schemas/places.ts';
import { PACKAGE } from '../../cli/support/cli.ts';
import { isRoot } from '../../executor/support/executor-world.ts';
import { makeTemporaryDirectory } from '../../support/temporary-directory.ts';

const SYSTEMD = '/usr/lib/systemd/systemd';
const IN_NAMESPACE = fileURLToPath(new URL('user-manager.sh', import.meta.url));

/** A user and a group, by their numbers. */
export type Owner = readonly [uid: number, gid: number];

export interface UserManager {
  readonly systemctl: (...words: readonly string[]) => Promise<string>;
  /** One property of the daemon's unit. */
  readonly property: (name: string) => Promise<string>;
  readonly places: Places;
}

/**
 * A systemd of a user, with the unit of the daemon and a home that is a directory of this test. Root gets one on any machine, in a
 * namespace and a cgroup of its own, for itself or for another user; others where systemd has started the machine. Skips where none
 * can be had. `dropIn` is added to the unit.
 */
export async function userManager(context: TestContext, owner: Owner, dropIn = ''): Promise<UserManager> {
  if (!existsSync(SYSTEMD)) context.skip(`${SYSTEMD} is not installed`);
  const [uid, gid] = owner;
  const home = makeTemporaryDirectory();
  const [runtime, units] = [`${home}/run`, `${home}/.config/systemd/user`];
  await mkdir(runtime, { mode: 0o700 });
  await mkdir(`${units}/axiumd.service.d`, { recursive: true });
  const env = { HOME: home, XDG_RUNTIME_DIR: runtime, PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' };
  const unit = await makeUnit({ node: process.execPath, root: PACKAGE, env: {} });
  await writeFile(`${units}/axiumd.service`, unit);
  await writeFile(`${units}/axiumd.service.d/test.conf`, dropIn);
  const own = ['', '/run', '/.config', '/.config/systemd', '/.config/systemd/user'];
  await Promise.all(own.map((path) => chown(`${home}${path}`, uid, gid)));
  const asOwner =
    uid === process.getuid?.() ? [] : ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'];
  const inNamespace = ['unshare', '--mount', '--propagation=private', 'sh', IN_NAMESPACE, `${uid}:${gid}`];
  const [program = '', ...words] = [...(isRoot ? inNamespace : []), ...asOwner, SYSTEMD, '--user'];
  const manager = spawn(program, words, { env, stdio: ['pipe', 'ignore', 'pipe'] });
  const said = lastLines(manager.stderr);
  const exited = once(manager, 'exit').then(([code]) => `it ended with ${code}`);
  onTestFinished(async () => {
    if (isRoot) manager.stdin.end();
    else manager.kill('SIGTERM');
    await exited;
  });
  const run = promisify(execFile);
  const systemctl = async (...rest: readonly string[]) => {
    const [command = '', ...args] = [...asOwner, 'systemctl', '--user', ...rest];
    return (await run(command, args, { env })).stdout.trim();
  };
  const isRunning = (async () => {
    while (manager.exitCode === null && !existsSync(`${runtime}/systemd/private`)) await pause(50);
  })();
  const ended = await Promise.race([exited, isRunning]);
  if (ended !== undefined) context.skip(`no systemd of a user can be started here: ${ended}${said()}`);
  const property = (name: string) => systemctl('show', '--value', '-p', name, 'axiumd.service');
  return { systemctl, property, places: placesFor(env, home) };
}

/** What was written to a stream, for a sentence. */
function lastLines(stream: Readable): () => string {
  let text = '';
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    text = (text + chunk).slice(-500);
  });
  return () => (text.trim() === '' ? '' : `, and said: ${text.trim().replaceAll('\n', '; ')}`);
}
