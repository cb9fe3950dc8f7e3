import { mkdir, writeFile } from 'node:fs/promises';
import { onTestFinished } from 'vitest';
import { createPreview } from '../../../core/broker/preview.ts';
import { type BrokerInput, createBroker, responseOf } from '../../../core/broker.ts';
import { HudSegments } from '../../../core/hud/segments.ts';
import { inGroup } from '../../../core/jobs/containment.ts';
import { Jobs } from '../../../core/jobs/jobs.ts';
import { NotificationQueue } from '../../../core/notify/queue.ts';
import { loadOpenCached } from '../../../core/open-cached.ts';
import { decideStrictest } from '../../../core/policy/decide.ts';
import { describePolicy } from '../../../core/policy/describe.ts';
import { createPortals } from '../../../core/portals/index.ts';
import { devfsDevice } from '../../../core/portals/kernel-fs.ts';
import { LocalFiles } from '../../../core/portals/local-files.ts';
import { findLocalMounts } from '../../../core/portals/local-mounts.ts';
import { ParsedConfigs } from '../../../core/portals/parsed-configs.ts';
import type { Subject } from '../../../core/portals/portal.ts';
import { createAnchorFinder } from '../../../core/registry/anchors.ts';
import { parseConfigValues, readConfigOverride } from '../../../core/registry/config-source.ts';
import { createScopes } from '../../../core/scopes.ts';
import type { Response } from '../../../schemas/wire.ts';
import { createPowers } from '../../support/powers.ts';
import { compileRights, manifestText } from '../../support/rights.ts';
import { makeTemporaryDirectory } from '../../support/temporary-directory.ts';
import { createRecordingAudit, type RecordingAudit } from './recording-audit.ts';

export const SUBJECT: Subject = { spoke: 'creds', instance: 'creds#test-1', level: 'none' };
export const POLICY_HASH = 'the policy';

export interface World {
  /** The home of the user; a spoke may do in `granted/` what it may do at all. */
  readonly home: string;
  readonly audit: RecordingAudit;
  readonly queue: NotificationQueue;
  readonly hud: HudSegments;
  readonly jobs: Jobs;
  readonly defects: unknown[];
  /** What the broker was made with; a test can make another one of it. */
  readonly input: BrokerInput;
  readonly ask: (message: { readonly cmd: string } & Readonly<Record<string, unknown>>) => Promise<Response>;
}

export interface WorldInput {
  /** The `permissions` section of the manifest, and permissions.yaml; `~` is not the home of this test. */
  readonly permissions?: (home: string) => string;
  readonly overrides?: (home: string) => string;
  readonly changed?: (input: BrokerInput) => Partial<BrokerInput>;
}

/** Everything that a spoke can be allowed, in the home of the test. */
export const EVERYTHING = (home: string) =>
  `exec: true\nnotify: true\nfacts: true\nfs_read: [${home}/granted/**]\nfs_write: [${home}/granted/**]`;

/** What only a user can say, so that it can be done where nobody is there to be asked. */
const UNASKED = 'creds:\n  privileged: [{action: restart_service, ask: false}]\n';

/** A broker on the real portals, policy and files of a home of its own; only the audit is the test's. */
export async function makeWorld({
  permissions = EVERYTHING,
  overrides = () => UNASKED,
  changed,
}: WorldInput = {}): Promise<World> {
  const home = makeTemporaryDirectory();
  await mkdir(`${home}/granted/spokes`, { recursive: true });
  await mkdir(`${home}/state`);
  await writeFile(`${home}/granted/file`, 'content');
  await writeFile(`${home}/granted/spokes/creds.yaml`, 'key: value\n');
  const powers = createPowers();
  const { files, replaceFile, randomHex, uid, env, clock } = powers;
  const { queue } = await NotificationQueue.open(powers, `${home}/state/notifications.jsonl`);
  const hud = new HudSegments();
  const jobs = new Jobs({
    powers,
    environment: () => ({ env: {}, cwd: home, limits: { timeoutMs: 60_000, maxOutput: 65_536 } }),
    contain: inGroup,
    maxPerSpoke: 4,
    keep: 10,
  });
  onTestFinished(async () => {
    await jobs.stop();
    queue.close();
  });
  const { policy } = compileRights({
    manifest: manifestText(permissions(home)),
    overrides: overrides(home),
  });
  const rights = { policies: [policy], hash: POLICY_HASH };
  const findAnchors = createAnchorFinder(powers);
  const scopes = createScopes({ of: () => rights, anchors: async () => findAnchors(policy) }, clock);
  const devfs = await devfsDevice(files);
  const mounts = await findLocalMounts(files);
  const openCached = await loadOpenCached();
  const local = new LocalFiles({ files, filesNow: powers.filesNow, mounts: () => mounts, openCached });
  const portals = createPortals({
    notify: { notify: (source, notice) => queue.add(source, notice) },
    exec: { files, runner: jobs, path: ['/usr/bin', '/bin'], isScoped: () => false },
    paths: {
      files,
      home,
      devfs,
      local,
      uid,
      randomHex,
      granted: scopes.granted,
      watching: { begin: () => {}, end: () => {} },
    },
    hud: { setSegment: (spoke, value) => hud.set(spoke, value) },
    permissions: {
      effective: () => describePolicy(policy),
      reload: () => Promise.resolve(),
      now: powers.clock.now,
    },
    can: { preview: (subject, request) => createPreview({ ...input, portals })(subject, request) },
    config: {
      files,
      home,
      devfs,
      local,
      env,
      filesOf: (spoke) => ({
        base: [`${home}/granted/spokes/${spoke}.yaml`],
        absent: `${home}/granted/spokes/${spoke}.yaml`,
        override: `${home}/state/${spoke}.yaml`,
      }),
      readOverride: (file) => readConfigOverride(files, file),
      refuseStrangers: () => Promise.resolve(),
      parse: (file, bytes) => parseConfigValues(file, bytes),
      parsed: new ParsedConfigs(clock.now),
      environment: () => null,
      environmentValues: () => ({}),
    },
    commands: { register: () => {}, finish: () => {} },
    facts: { files, home, failedUnits: () => Promise.resolve(null), monotonic: () => 0 },
    privileged: {
      look: (action, params) => ({ kind: 'privileged', action, params, argv: ['/usr/bin/true', action] }),
      perform: () => Promise.resolve({ success: true }),
    },
    storage: {
      ...{ files, replaceFile, root: `${home}/state/storage`, quota: 1000 },
      now: () => 0,
      onDamaged: () => {},
    },
  });
  const audit = createRecordingAudit();
  const defects: unknown[] = [];
  let requests = 0;
  const usual: BrokerInput = {
    portals,
    policies: () => rights,
    anchors: async () => findAnchors(policy),
    audit,
    askPerson: () => Promise.resolve(null),
    grantFor: () => null,
    decide: decideStrictest,
    clock,
    inTurn: (_spoke, look) => look(),
    nextRequestId: () => {
      requests += 1;
      return `r${requests}`;
    },
    onDefect: (error) => defects.push(error),
  };
  const input: BrokerInput = { ...usual, ...changed?.(usual) };
  const mediate = createBroker(input);
  const ask: World['ask'] = (message) =>
    responseOf(mediate, SUBJECT, { id: 7, cmd: message.cmd, body: { id: 7, ...message } });
  return { home, audit, queue, hud, jobs, defects, input, ask };
}
