import * as fs from 'node:fs';
import { userInfo } from 'node:os';
import { fileURLToPath } from 'node:url';
import pino from 'pino';
import { startExitCodeOf } from '../schemas/exit-codes.ts';
import { homeOf, type Places, placesFor } from '../schemas/places.ts';
import { activatedDescriptor, serviceVariables, startedAsService } from '../schemas/service.ts';
import { systemFailure } from './control/system-failure.ts';
import { startDaemon } from './daemon.ts';
import { DaemonLog } from './daemon-log.ts';
import { makeDirectories } from './directories.ts';
import { AxiumError } from './errors.ts';
import { closeInheritedDescriptors } from './inherited-descriptors.ts';
import { nodePowers } from './node-powers.ts';
import type { Log } from './powers.ts';
import { hostPolicyFile, ROOT_ALONE } from './registry/host-policy-file.ts';
import { InvalidFile } from './registry/problem.ts';
import { spokeRuntime } from './sandbox/spoke-runtime.ts';
import { serviceManager } from './service-manager.ts';

/** How long ending everything may take. Each part has less. */
const STOP_DEADLINE_MS = 20_000;

/** The daemon's process: the only place of the daemon that reads `process`, and where its powers are made. */
closeInheritedDescriptors(fs, Number(process.env.AXIUM_READY_FD));

const packageRoot = fileURLToPath(new URL('../../', import.meta.url)).replace(/\/$/, '');

// Without a listener this signal opens the inspector, and with it the daemon, to whoever may send one.
process.on('SIGUSR1', () => {});
process.umask(0o077);
// A terminal that goes away takes its log with it, and not the daemon.
process.stderr.on('error', () => {});

const env = { ...process.env };
// What speaks for this service is for this process alone: nothing that it starts can inherit it or be given it.
for (const name of serviceVariables(env)) delete process.env[name];
const home = realHome(homeOf(env, () => userInfo().homedir));
const places = placesFor(env, home);

try {
  // Before the log is opened in one of them: whoever owns a directory decides what a name in it leads to.
  await makeDirectories({ files: fs.promises, uid: process.getuid?.() ?? -1 }, places);
  const { log, reopen } = openLog(places, process.argv.includes('--foreground'));
  const powers = nodePowers(process, log);
  const { version } = JSON.parse(fs.readFileSync(`${packageRoot}/package.json`, 'utf8')) as {
    version: string;
  };
  const manager = serviceManager(powers, env, process.pid);
  let stopping = false;
  const daemon = await startDaemon({
    powers,
    places,
    home,
    packageRoot,
    version,
    nodeVersion: process.version,
    architecture: process.arch,
    fileThreads: fileThreads(env.UV_THREADPOOL_SIZE),
    hostPolicy: { file: hostPolicyFile(process.argv, process.getuid?.()), owners: ROOT_ALONE },
    service: startedAsService(env, process.pid),
    activated: activatedDescriptor(env, process.pid),
    runtime: spokeRuntime(
      fs.realpathSync(process.execPath),
      process.allowedNodeEnvironmentFlags,
      packageRoot,
    ),
    onShutdown: () => void stop(),
  });
  async function stop(): Promise<void> {
    if (stopping) return;
    stopping = true;
    manager.stopping();
    // What cannot be ended, as what hangs in the kernel, ends nothing else: it goes with the daemon or is left.
    setTimeout(() => process.exit(1), STOP_DEADLINE_MS).unref();
    try {
      await daemon.stop();
      log.info('the daemon stopped');
    } finally {
      process.exit(0);
    }
  }
  process.on('SIGTERM', () => void stop());
  process.on('SIGINT', () => void stop());
  process.on('SIGHUP', () => {
    reopen();
    daemon.rotateLogs();
  });
  process.on('unhandledRejection', (error) => log.error('an unhandled rejection', { error: String(error) }));
  log.info('the daemon started', { version, node: process.version });
  tellStarter({ ok: true, pid: process.pid, notes: daemon.notes() });
  manager.ready();
} catch (error) {
  const failure = failureOf(error);
  tellStarter({ ok: false, ...failure });
  process.exit(startExitCodeOf(failure.code));
}

/** Why the daemon did not start; only a defect is told with where it came from. */
function failureOf(error: unknown): { readonly code: string; readonly error: string } {
  if (error instanceof AxiumError) return { code: error.code, error: error.message };
  if (error instanceof InvalidFile) return { code: 'invalid_file', error: error.message };
  const failure = systemFailure(error);
  if (failure !== null) return { code: 'unavailable', error: failure };
  return { code: 'internal', error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}

/** Tells whoever started the daemon how that went, on the descriptor that AXIUM_READY_FD names, else on stderr. */
function tellStarter(
  message: { readonly ok: boolean; readonly error?: string } & Record<string, unknown>,
): void {
  const fd = Number(env.AXIUM_READY_FD);
  if (Number.isInteger(fd) && fd > 2) {
    fs.writeSync(fd, `${JSON.stringify(message)}\n`);
    fs.closeSync(fd);
  } else if (!message.ok) {
    // The lines of a file stand below what is wrong with it, as the command prints them.
    process.stderr.write(`axium: ${(message.error ?? '').replaceAll('\n', '\n  ')}\n`);
  }
}

/** The log, by whose name `reopen` begins a new file where somebody has moved the one before. */
function openLog(
  { daemonLog }: Places,
  foreground: boolean,
): { readonly log: Log; readonly reopen: () => void } {
  const file = new DaemonLog(fs, daemonLog, process.getuid?.());
  const streams = foreground ? pino.multistream([{ stream: file }, { stream: process.stderr }]) : file;
  const logger = pino({ base: null }, streams);
  const log: Log = {
    info: (message, fields) => logger.info(fields ?? {}, message),
    warn: (message, fields) => logger.warn(fields ?? {}, message),
    error: (message, fields) => logger.error(fields ?? {}, message),
  };
  return { log, reopen: () => file.reopen() };
}

/** How many threads Node has made of UV_THREADPOOL_SIZE when it started; to set it here would be too late. */
function fileThreads(size = '4'): number {
  return Math.min(Math.max(Number.parseInt(size, 10) || 0, 1), 1024);
}

function realHome(path: string): string {
  try {
    return fs.realpathSync(path);
  } catch {
    return path;
  }
}
