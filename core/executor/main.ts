import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { createServer, type Server } from 'node:net';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { EXECUTOR } from '../../schemas/executor.ts';
import { allowsDangerous } from '../../schemas/tiers.ts';
import { loadPeerLookup } from '../control/peer.ts';
import { AxiumError } from '../errors.ts';
import { askPolkit } from './consent.ts';
import { ExecutorLog } from './executor-log.ts';
import { groupNumber, type Peer } from './peer-tier.ts';
import { pidfdHolder } from './pidfd.ts';
import type { ExecutorPowers } from './powers.ts';
import { Rates } from './rates.ts';
import { strangerAbove } from './root-owned.ts';
import { Seen } from './seen.ts';
import { serveExecutor } from './serve-executor.ts';
import { loadTable } from './table.ts';

/** The descriptor that a service manager hands over first. See sd_listen_fds(3). */
const FIRST_HANDED = 3;

/** The executor's process: the only place of it that reads `process`, and where its powers are made. */
try {
  await start();
} catch (error) {
  process.stderr.write(`axium: ${error instanceof AxiumError ? error.message : (error as Error).stack}\n`);
  process.exit(error instanceof AxiumError ? 78 : 70);
}

async function start(): Promise<void> {
  // Without a listener this signal opens the inspector, and with it root, to whoever may send one.
  process.on('SIGUSR1', () => {});
  process.umask(0o077);
  const env = { ...process.env };
  const { values } = parseArgs({
    options: { table: { type: 'string' }, state: { type: 'string' }, socket: { type: 'string' } },
  });
  const { table = EXECUTOR.table, state = EXECUTOR.state, socket = EXECUTOR.socket } = values;
  if (process.getuid?.() !== 0)
    throw new AxiumError('denied', 'axium-executor: expected to be started as root');
  const lookup = await loadPeerLookup(fs);
  if (lookup === null)
    throw new AxiumError(
      'unavailable',
      'koffi: cannot be loaded, so nobody could be told from anybody; install axium with its optional dependencies',
    );
  const holdProcess = (await pidfdHolder(fs.closeSync)) ?? (() => null);
  const powers: ExecutorPowers = {
    files: fs,
    spawn,
    endGroup,
    clock: {
      now: () => Date.now(),
      monotonic: () => performance.now(),
      after(ms, call) {
        const timer = setTimeout(call, ms);
        return { cancel: () => clearTimeout(timer) };
      },
    },
    peerOf: (connection) => peerOf(lookup(connection)),
    holdProcess,
    uid: 0,
    pid: process.pid,
  };
  fs.mkdirSync(state, { recursive: true, mode: 0o700 });
  const stranger = strangerAbove(fs, `${state}/${EXECUTOR.auditLog}`);
  if (stranger !== null) throw new AxiumError('invalid', stranger);
  loadTable(fs, table);
  const log = new ExecutorLog(powers, `${state}/${EXECUTOR.auditLog}`);
  const seen = new Seen();
  log.recall(seen);
  log.record({ type: 'event', event: 'executor_started', spoke: null, detail: { pid: process.pid } });
  const groupsText = () => fs.readFileSync('/etc/group', 'utf8');
  const operators = env.AXIUM_OPERATOR_GROUP || 'axium';
  const admins = env.AXIUM_ADMIN_GROUP || 'axium-admin';
  const bus = env.DBUS_SYSTEM_BUS_ADDRESS;
  const server = createServer({ allowHalfOpen: true });
  serveExecutor(server, {
    powers,
    table: () => loadTable(fs, table),
    groups: () => {
      const text = groupsText();
      return { operator: groupNumber(text, operators), admin: groupNumber(text, admins) };
    },
    dangerous: allowsDangerous(env),
    log,
    rates: new Rates(powers.clock.monotonic),
    seen,
    consent: (peer, action) =>
      askPolkit(powers, bus === undefined ? {} : { DBUS_SYSTEM_BUS_ADDRESS: bus }, peer, action),
    onDefect: (error) => process.stderr.write(`a defect: ${error instanceof Error ? error.stack : error}\n`),
  });
  await listen(server, socket, groupNumber(groupsText(), operators), handedOver(env));
  process.stderr.write('axium-executor: ready\n');
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => process.exit(0));
}

/**
 * Listens on what the service manager handed over, else on a socket of its own: for root, and for the group of those who
 * may ask. Nobody else can open it at any moment, since it gets its name with these rights.
 */
async function listen(server: Server, path: string, group: number | null, handed: boolean): Promise<void> {
  const opened = new Promise<void>((resolve, reject) => {
    server.once('error', reject).once('listening', resolve);
  });
  if (handed) {
    server.listen({ fd: FIRST_HANDED });
    return opened;
  }
  fs.mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  const stranger = strangerAbove(fs, path);
  if (stranger !== null) throw new AxiumError('invalid', stranger);
  fs.rmSync(path, { force: true });
  server.listen(path);
  await opened;
  // The umask has made it root's alone until here.
  if (group !== null) fs.chownSync(path, 0, group);
  fs.chmodSync(path, group === null ? 0o600 : 0o660);
}

/** Whether the service manager handed over the socket to this very process. */
function handedOver({ LISTEN_FDS: count, LISTEN_PID: pid }: NodeJS.ProcessEnv): boolean {
  return Number(count) >= 1 && pid === String(process.pid);
}

/**
 * Only who is known in full counts. What lives in another pid namespace is a command that a daemon runs for a spoke, or
 * something like it, and nobody's approval stands behind that.
 */
function peerOf(identity: ReturnType<NonNullable<Awaited<ReturnType<typeof loadPeerLookup>>>>): Peer | null {
  if (identity === 'unknown' || identity.groups === null) return null;
  const { pid, uid, gid, groups, process: found } = identity;
  return pid === 0 || found === null || found.elsewhere ? null : { pid, uid, gid, groups };
}

function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // All of it is gone.
  }
}
