import { basename } from 'node:path';
import { type Places, spokesPath } from '../schemas/places.ts';
import { Audit } from './audit/audit.ts';
import { keepLog } from './audit/keep-log.ts';
import { LateEvents } from './audit/late-events.ts';
import { takeInstanceLock } from './control/instance-lock.ts';
import { makeDirectories } from './directories.ts';
import { AxiumError } from './errors.ts';
import { BWRAP } from './host-programs.ts';
import { LatestTime } from './latest-time.ts';
import { removeStorageLeftovers, removeWarmLeftovers } from './leftovers.ts';
import { NotificationQueue } from './notify/queue.ts';
import { STORED_ENDING } from './portals/storage.ts';
import type { Powers } from './powers.ts';
import { HostPolicyKeeper } from './registry/host-policy-file.ts';
import type { Owners } from './registry/owners.ts';
import { type FindExchanged, rememberDirectories } from './registry/same-directories.ts';
import { SpokeBook } from './registry/spoke-book.ts';
import { endStuckLaunchers } from './stuck-launchers.ts';
import { SpokeLogs } from './supervisor/spoke-logs.ts';
import { removeUnfinishedWrites } from './unfinished-writes.ts';

/** Where the policy of this host lies, and whose it has to be to be believed. */
export interface HostPolicyPlace {
  readonly file: string;
  readonly owners: Owners;
}

export interface StateInput {
  readonly powers: Powers;
  readonly places: Places;
  readonly home: string;
  readonly packageRoot: string;
  /** The control socket where the service manager has opened it: nothing can be told from its being answered. */
  readonly activated?: number | null;
  readonly hostPolicy: HostPolicyPlace;
}

/** Records something that happened beside the requests, later where the log cannot be written now. Not waited for. */
export type RecordEvent = (
  name: string,
  spoke: string | null,
  detail: Readonly<Record<string, unknown>>,
) => void;

/** Everything of the daemon that lies on disk, held by this daemon alone. */
export interface OpenState {
  readonly host: HostPolicyKeeper;
  readonly book: SpokeBook;
  readonly audit: Audit;
  readonly queue: NotificationQueue;
  readonly logs: SpokeLogs;
  readonly recordEvent: RecordEvent;
  readonly findExchanged: FindExchanged;
  /** Lets go of the finished pieces of the audit log that are older than this, and tells how many. */
  readonly pruneAudit: (olderMs: number) => Promise<number>;
  /** By which what expires is judged. */
  readonly time: LatestTime;
  /** Writes what is waiting, closes every file, and gives back the lock last. */
  readonly close: () => void;
}

/**
 * Makes the directories, takes the lock, and opens the logs and the queue. Throws `exists` where another daemon runs, and
 * InvalidFile for a broken `config.yaml`; nothing is held then.
 */
export async function openState(input: StateInput): Promise<OpenState> {
  const { powers, places, home, packageRoot, hostPolicy } = input;
  await makeDirectories(powers, places);
  const closing: (() => void)[] = [takeInstanceLock(powers, places.lock)];
  const close = () => {
    for (const step of closing.reverse()) step();
  };
  try {
    if ((input.activated ?? null) === null) await refuseAnswered(powers, places);
    // Under the lock, so that nobody else can be writing them.
    const { config, state, run } = places;
    await Promise.all([
      endStuckLaunchers(powers, { program: BWRAP, directories: [config, state, run, packageRoot] }),
      removeUnfinishedWrites(powers, places.auditLog),
      removeStorageLeftovers(powers.files, places.storage, STORED_ENDING),
      removeWarmLeftovers(powers.files, places.warm),
    ]);
    const findExchanged = await rememberDirectories(powers.files, [config, state]);
    const host = await HostPolicyKeeper.open({ powers, home, ...hostPolicy });
    const book = await SpokeBook.open({
      powers,
      configFile: places.configFile,
      roots: [places.spokesDirectory, ...spokesPath(powers.env)],
      bundledRoot: `${packageRoot}/spokes`,
      home,
      findExchanged,
      host: () => host.state,
    });
    const audit = new Audit(powers, {
      journal: places.auditLog,
      security: places.securityLog,
      pieceBytes: () => book.config.audit.piece * 1_048_576,
      onPiece: () => void kept.look(),
      onTrouble: (reason) => {
        tellOfAudit(powers, reason);
        if (reason === null) late.retry();
      },
    });
    const late: LateEvents = new LateEvents({ record: (entry) => audit.event(entry), clock: powers.clock });
    closing.push(
      () => audit.close(),
      () => late.close(),
    );
    const kept = keepLog(powers, {
      audit,
      names: {
        directory: places.state,
        journal: basename(places.auditLog),
        security: basename(places.securityLog),
      },
      retention: () => ({ keepMs: book.config.audit.keep, keepBytes: book.config.audit.size * 1_048_576 }),
      onYoung: () => {
        powers.log.warn(`${TOO_MUCH.title}: ${TOO_MUCH.body}`);
        // Where it cannot be queued, the log has it.
        queue.add('system', { ...TOO_MUCH, level: 'warning' }).catch(() => {});
      },
      onError: (error) => powers.log.error('old pieces of the audit log could not be removed', { error }),
    });
    closing.push(() => kept.stop());
    const { queue, warning } = await NotificationQueue.open(powers, places.notifications);
    closing.push(() => queue.close());
    const time = await LatestTime.open(powers, places.latestTime);
    void kept.look();
    if (warning) powers.log.warn(warning);
    const logs = new SpokeLogs(powers, places.spokeLogs);
    closing.push(() => logs.close());
    const recordEvent: RecordEvent = (name, spoke, detail) => {
      late.record({ type: 'event', event: name, spoke, detail });
    };
    return {
      host,
      book,
      audit,
      queue,
      logs,
      recordEvent,
      findExchanged,
      time,
      pruneAudit: kept.prune,
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

const TOO_MUCH = {
  title: 'The audit log keeps less than a day',
  body: 'So much is recorded that audit.size of config.yaml is reached within a day, and the oldest was removed.\nRun: axium audit tail, to see who asks so much; or raise audit.size',
} as const;

function tellOfAudit({ log }: Powers, reason: string | null): void {
  if (reason === null) log.info('the audit log can be written again');
  else log.error(`the audit log cannot be written, and nothing is allowed until it can: ${reason}`);
}

/**
 * The lock cannot tell of a daemon in another pid namespace, nor of one with another state directory; its socket can.
 * Nothing of what it writes may be opened then, and its socket not removed.
 */
async function refuseAnswered({ isAnswered }: Powers, { socket }: Places): Promise<void> {
  if (!(await isAnswered(socket))) return;
  throw new AxiumError(
    'exists',
    `the daemon is already running: one of another pid namespace or state directory answers on ${socket}; end it first`,
  );
}
