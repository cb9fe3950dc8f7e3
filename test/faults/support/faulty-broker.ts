import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { Audit } from '../../../core/audit/audit.ts';
import { readLog } from '../../../core/audit/read-log.ts';
import { type BrokerInput, createBroker, responseOf } from '../../../core/broker.ts';
import { NotificationQueue, QUEUE_LIMITS } from '../../../core/notify/queue.ts';
import { decideStrictest } from '../../../core/policy/decide.ts';
import { fsWritePortal } from '../../../core/portals/fs-write.ts';
import { notifyPortal } from '../../../core/portals/notify.ts';
import { entry } from '../../../core/portals/portal.ts';
import { storagePortals } from '../../../core/portals/storage.ts';
import { createAnchorFinder } from '../../../core/registry/anchors.ts';
import type { AuditRecord } from '../../../schemas/audit.ts';
import type { Response } from '../../../schemas/wire.ts';
import { logsIn } from '../../support/audit-log.ts';
import { createPowers } from '../../support/powers.ts';
import { compileRights, manifestText } from '../../support/rights.ts';
import type { FaultyDisk } from './faulty-disk.ts';

const SUBJECT = { spoke: 'creds', instance: 'creds#test-1', level: 'none' } as const;

export interface FaultyBroker {
  readonly audit: Audit;
  readonly queue: NotificationQueue;
  readonly ask: (request: { readonly cmd: string } & Record<string, unknown>) => Promise<Response>;
  readonly close: () => void;
}

/** A broker on a disk of a test: what it decides, records, writes, stores and queues all goes there. */
export async function openBroker(
  disk: Pick<FaultyDisk, 'filesNow' | 'files' | 'replaceFile'>,
  directory: string,
  run: string,
): Promise<FaultyBroker> {
  const powers = createPowers(disk);
  const granted = `${directory}/granted`;
  mkdirSync(granted, { recursive: true });
  const audit = new Audit(powers, {
    ...logsIn(directory),
    pieceBytes: () => 4000,
    onPiece: () => {},
    onTrouble: () => {},
  });
  const { queue } = await NotificationQueue.open(powers, `${directory}/notifications.jsonl`, {
    ...QUEUE_LIMITS,
    burst: 100_000,
  }).catch((error: unknown) => {
    audit.close();
    throw error;
  });
  const { policy } = compileRights({
    manifest: manifestText(`notify: true\nfs_write: [${granted}/**]`),
    overrides: '',
  });
  const rights = { policies: [policy], hash: 'the policy' };
  const findAnchors = createAnchorFinder(powers);
  const { files, uid, randomHex, clock } = powers;
  const storage = storagePortals({
    files,
    root: `${directory}/storage`,
    quota: 1_000_000,
    now: clock.now,
    onDamaged: () => {},
  });
  let requests = 0;
  const mediate = createBroker({
    portals: {
      notify: entry(notifyPortal({ notify: (source, notice) => queue.add(source, notice) })),
      fs_write: entry(fsWritePortal({ files, home: directory, devfs: null, uid, randomHex })),
      storage_put: entry(storage.storage_put),
    } as unknown as BrokerInput['portals'],
    policies: () => rights,
    anchors: () => findAnchors(policy),
    audit,
    askPerson: () => Promise.resolve(null),
    grantFor: () => null,
    decide: decideStrictest,
    inTurn: (_spoke, look) => look(),
    clock,
    nextRequestId: () => {
      requests += 1;
      return `${run}-${requests}`;
    },
    onDefect: () => {},
  });
  return {
    audit,
    queue,
    ask: (request) => responseOf(mediate, SUBJECT, { id: 1, cmd: request.cmd, body: { id: 1, ...request } }),
    close() {
      queue.close();
      audit.close();
    },
  };
}

/** What is in the world after a run, whatever was told of it. */
export interface Effects {
  readonly written: readonly string[];
  readonly stored: readonly string[];
  readonly queued: readonly string[];
}

/** What has come of requests, as the disk tells it. Names begin with the kind of request that made them. */
export function effectsIn(directory: string): Effects {
  const names = (path: string, ending: string) =>
    existsSync(path)
      ? readdirSync(path)
          .filter((name) => name.endsWith(ending))
          .map((name) => name.slice(0, -ending.length))
      : [];
  const journal = `${directory}/notifications.jsonl`;
  const text = existsSync(journal) ? readFileSync(journal, 'utf8') : '';
  return {
    written: names(`${directory}/granted`, '.txt'),
    stored: names(`${directory}/storage/creds`, '.value'),
    queued: [...text.matchAll(/^\w+ (\{"op":"add".*\})$/gm)].map(
      ([, json]) => JSON.parse(json ?? '').notification.title as string,
    ),
  };
}

/** How many decisions to allow this there are on record, by the kind of request. */
export async function allowedIn(directory: string): Promise<{
  readonly written: ReadonlySet<string>;
  readonly stored: ReadonlySet<string>;
  readonly notified: number;
  readonly requests: readonly string[];
}> {
  const written = new Set<string>();
  const stored = new Set<string>();
  const requests: string[] = [];
  let notified = 0;
  for await (const { text } of readLog(fs, logsIn(directory).journal)) {
    const record = JSON.parse(text) as AuditRecord;
    if (record.type !== 'decision') continue;
    requests.push(record.request);
    if (record.effect !== 'allow') continue;
    if (record.action === 'fs_write') written.add(/([^/]*)\.txt$/.exec(record.target ?? '')?.[1] ?? '');
    if (record.action === 'storage') stored.add(record.resource ?? '');
    if (record.action === 'notify') notified += 1;
  }
  return { written, stored, notified, requests };
}
