import type { DecisionEntry } from '../schemas/audit.ts';
import { isStrict, type Places, spokesPath } from '../schemas/places.ts';
import { Audit } from './audit/audit.ts';
import { createBroker } from './broker.ts';
import { CHANNEL_LIMITS } from './channel/limits.ts';
import { controlHandlers, type Hosted } from './control/handlers.ts';
import { takeInstanceLock } from './control/instance-lock.ts';
import { serveControl } from './control/serve.ts';
import { attachControl } from './control/server.ts';
import { makeDirectories } from './directories.ts';
import { HudSegments } from './hud/segments.ts';
import { commandEnvironment, DEFAULT_PATH } from './jobs/environment.ts';
import { failedUnits } from './jobs/failed-units.ts';
import { Jobs } from './jobs/jobs.ts';
import { NotificationQueue } from './notify/queue.ts';
import { openPermissions } from './permissions.ts';
import { createPortals, HEAVY_COMMANDS } from './portals/index.ts';
import type { Powers } from './powers.ts';
import { parseConfigValues, readConfigOverride } from './registry/config-source.ts';
import { formatProblem } from './registry/problem.ts';
import { SpokeBook } from './registry/spoke-book.ts';
import { watchFile } from './registry/watch.ts';
import type { Sandbox } from './sandbox/sandbox.ts';
import { SpokeLog } from './supervisor/spoke-log.ts';
import { SpokeRun } from './supervisor/spoke-run.ts';
import { Supervisor } from './supervisor/supervisor.ts';

export interface DaemonInput {
  readonly powers: Powers;
  readonly places: Places;
  /** The home directory of the daemon's user, by its real path. */
  readonly home: string;
  /** Where Axium itself is installed; the bundled spokes are below it. */
  readonly packageRoot: string;
  readonly version: string;
  readonly nodeVersion: string;
  readonly sandbox: Sandbox;
  /** Called when somebody asked the daemon to end. */
  readonly onShutdown: () => void;
}

export interface RunningDaemon {
  /** Sentences that the user should know. */
  readonly notes: () => readonly string[];
  /** Ends every spoke and every command and lets go of everything. Bounded. */
  readonly stop: () => Promise<void>;
}

const MAX_OUTPUT = 1_048_576;

/**
 * Puts the daemon together and starts it: every part is made here, and given here what it may touch. Throws where it
 * cannot run at all; a bad spoke or a bad permissions.yaml is no such reason.
 */
export async function startDaemon(input: DaemonInput): Promise<RunningDaemon> {
  const { powers, places, home, sandbox, packageRoot } = input;
  const { files, clock, log, env } = powers;
  const started = clock.monotonic();
  const strict = isStrict(env);
  await makeDirectories(powers, places);
  const releaseLock = takeInstanceLock(powers, places.lock);
  const undo: (() => unknown)[] = [releaseLock];
  try {
    const book = await SpokeBook.open({
      powers,
      configFile: places.configFile,
      roots: [places.spokesDirectory, ...spokesPath(env)],
      bundledRoot: `${packageRoot}/spokes`,
      home,
    });
    const audit = new Audit(powers, { journal: places.auditLog, security: places.securityLog });
    undo.push(() => audit.close());
    const event = (name: string, spoke: string | null, detail: Record<string, unknown>) => {
      void audit
        .event({ type: 'event', event: name, spoke, detail })
        .catch((error: unknown) => log.error('the audit log could not be written', { error: String(error) }));
    };
    event('daemon_started', null, { pid: powers.pid, version: input.version, strict, uid: powers.uid });
    const opened = await NotificationQueue.open(powers, places.notifications);
    if (opened.warning) log.warn(opened.warning);
    const { queue } = opened;
    undo.push(() => queue.close());

    const hud = new HudSegments();
    const jobs = new Jobs({
      powers,
      maxPerSpoke: 4,
      keep: 50,
      environment: () => {
        const { path = DEFAULT_PATH, env: names, timeout } = book.config.exec;
        return {
          env: commandEnvironment(env, { path, names, home }),
          cwd: home,
          limits: { timeoutMs: timeout, maxOutput: MAX_OUTPUT },
        };
      },
    });
    const permissions = await openPermissions({
      powers,
      places,
      home,
      packageRoot,
      strict,
      level: sandbox.level,
      book,
      event,
      onLost: (mayRun) => {
        for (const { id, spoke, argv } of jobs.revoke(mayRun)) event('job_revoked', spoke, { job: id, argv });
      },
      onChanged: (spoke) => supervisor.send(spoke, { event: 'permissions_changed' }),
    });

    let requests = 0;
    const run = powers.randomHex(4);
    const mediate = createBroker({
      portals: createPortals({
        notify: { notify: (source, notice) => queue.add(source, notice) },
        exec: {
          files,
          runner: jobs,
          get path() {
            return book.config.exec.path ?? DEFAULT_PATH;
          },
        },
        paths: { files, home, devfs: await devfsDevice(files), uid: powers.uid, randomHex: powers.randomHex },
        hud: { setSegment: (spoke, value) => hud.set(spoke, value) },
        permissions: { effective: permissions.effective, reload: permissions.reload },
        config: {
          files,
          home,
          devfs: await devfsDevice(files),
          filesOf: (spoke) => ({
            base: [
              `${places.spokesDirectory}/${spoke}/${spoke}.yaml`,
              `${book.get(spoke)?.directory ?? places.spokesDirectory}/${spoke}.yaml`,
            ],
            override: `${places.overridesDirectory}/${spoke}.yaml`,
          }),
          readOverride: (file) => readConfigOverride(files, file),
          parse: parseConfigValues,
          environment: () => book.config.environment ?? null,
          env,
        },
        facts: { files, home, failedUnits: () => failedUnits(powers) },
        storage: {
          files,
          replaceFile: powers.replaceFile,
          root: places.storage,
          get quota() {
            return book.config.storage.quota;
          },
        },
      }),
      policies: permissions.of,
      anchors: permissions.anchors,
      audit,
      askPerson: () => Promise.resolve(null),
      clock,
      nextRequestId: () => {
        requests += 1;
        return `${run}-${requests}`;
      },
      onDefect: (error, request) => log.error('a defect', { request, error: describeDefect(error) }),
    });

    const logs = new Map<string, SpokeLog>();
    const logOf = (spoke: string): SpokeLog => {
      const known = logs.get(spoke) ?? new SpokeLog(powers, `${places.spokeLogs}/${spoke}.log`);
      logs.set(spoke, known);
      return known;
    };
    undo.push(() => {
      for (const spokeLog of logs.values()) spokeLog.close();
    });
    let runs = 0;
    const supervisor: Supervisor = new Supervisor({
      makeRun: (spoke) => {
        runs += 1;
        return new SpokeRun({
          spoke,
          instance: `${spoke.manifest.name}#${run}-${runs}`,
          sandbox,
          clock,
          log: logOf(spoke.manifest.name),
          limits: CHANNEL_LIMITS,
          isHeavy: (command) => HEAVY_COMMANDS.has(command),
          mediate,
          onBreach: (subject, what) => {
            const entry = breachEntry(subject, what, permissions.of(subject.spoke).hash);
            void audit
              .decision(entry, { spoke: subject.spoke, detail: null })
              .catch((error: unknown) =>
                log.error('the audit log could not be written', { error: String(error) }),
              );
          },
          onState: (_run, state, reason) => {
            const { name, version } = spoke.manifest;
            event(`spoke_${state}`, name, {
              version,
              level: sandbox.level,
              ...(reason === null ? {} : { reason }),
            });
            if (state === 'failed') log.warn(`spoke ${name} failed: ${reason}`);
            if (state === 'failed' || state === 'stopped') hud.set(name, '');
          },
        });
      },
    });

    const reload = async (again: string | null) => {
      await book.refresh();
      permissions.announce();
      for (const { problems } of book.refused) log.warn(problems.map(formatProblem).join('\n'));
      await supervisor.update(book.list(), new Set(again === null ? [] : [again]));
    };
    permissions.announce();
    for (const { problems } of book.refused) log.warn(problems.map(formatProblem).join('\n'));
    undo.push(
      await watchFile(places.permissionsFile, permissions.refresh, (error) =>
        log.error('watching failed', { error: String(error) }),
      ),
    );

    const notes = () => [
      ...(powers.uid === 0
        ? ['the daemon runs as root, and so does every command that it runs for a spoke']
        : []),
      ...(sandbox.level === 'none'
        ? ['spokes run unconfined (level none): they can do what their user can']
        : []),
      ...permissions.notes(),
    ];
    const host: Hosted = {
      identity: { pid: powers.pid, version: input.version, node: input.nodeVersion, strict },
      uptimeMs: () => Math.round(clock.monotonic() - started),
      places,
      notes,
      overrides: permissions.overrides,
      supervisor,
      refused: () =>
        book.refused.map(({ directory, problems }) => ({ directory, problems: problems.map(formatProblem) })),
      reload,
      spokeLog: (spoke) => logOf(spoke).tail(),
      permissions: permissions.list,
      queue,
      hud,
      jobs,
      audit,
      shutdown: input.onShutdown,
    };
    const server = await powers.listen(places.socket);
    undo.push(() => server.close());
    attachControl(
      server,
      serveControl(controlHandlers(host), (error, command) =>
        log.error('a defect', { command, error: describeDefect(error) }),
      ),
    );
    await supervisor.update(book.list(), new Set());
    for (const note of notes()) log.warn(note);
    return {
      notes,
      async stop() {
        server.close();
        await Promise.all([supervisor.stop(), jobs.stop()]);
        event('daemon_stopped', null, {});
        for (const step of undo.reverse()) await step();
      },
    };
  } catch (error) {
    for (const step of undo.reverse()) await step();
    throw error;
  }
}

/** The device of /dev where it is a file system of its own, so that its files can be told: statfs calls it a tmpfs. */
async function devfsDevice(files: Powers['files']): Promise<number | null> {
  const [root, dev] = await Promise.all([files.stat('/'), files.stat('/dev')]).catch(() => []);
  return root && dev && root.dev !== dev.dev ? dev.dev : null;
}

/** A breach of the wire, as the denial that it is. */
function breachEntry(
  subject: { spoke: string; instance: string; level: string },
  what: string,
  policy: string,
): DecisionEntry {
  return {
    type: 'decision',
    request: `${subject.instance}-breach`,
    principal: `spoke:${subject.spoke}`,
    subject: subject.instance,
    level: subject.level,
    command: '',
    action: 'channel',
    resource: null,
    target: null,
    effect: 'deny',
    reason: `it broke the rules of the wire: ${what}`,
    rule: null,
    via_override: false,
    policy,
  };
}

function describeDefect(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
