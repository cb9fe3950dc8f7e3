import { LEVELS, type Level } from '../schemas/config.ts';
import type { JobStatus } from '../schemas/control.ts';
import type { CommandTarget } from '../schemas/decision.ts';
import { isStrict, type Places } from '../schemas/places.ts';
import { isPerson } from '../schemas/subject.ts';
import { allowsDangerous } from '../schemas/tiers.ts';
import type { Event } from '../schemas/wire.ts';
import { type BrokerInput, createBroker, createPreview } from './broker.ts';
import { createCommandJobs } from './command-jobs.ts';
import { SpokeCommands } from './commands/spoke-commands.ts';
import { confinementOf } from './confinement.ts';
import { openConsents } from './consents.ts';
import { containCommands } from './contain-commands.ts';
import { createCallerLookup } from './control/caller.ts';
import { tierSettings } from './control/groups.ts';
import { controlHandlers } from './control/handlers.ts';
import { loadPeerLookup } from './control/peer.ts';
import { refusalRecorder } from './control/refusals.ts';
import { type ControlHandlers, serveControl } from './control/serve.ts';
import { attachControl } from './control/server.ts';
import { openControlSocket } from './control/socket.ts';
import { followEnvironments } from './follow-environments.ts';
import { floorOf, followHostPolicy } from './follow-host-policy.ts';
import { followSpokes } from './follow-spokes.ts';
import { asSegments, questionsBadge } from './hud/badges.ts';
import { orderSegments } from './hud/forms.ts';
import { HudPublisher } from './hud/publisher.ts';
import { createTmuxPush } from './hud/push-tmux.ts';
import { HudSegments } from './hud/segments.ts';
import { DEFAULT_PATH } from './jobs/environment.ts';
import { lookupTurns } from './lookup-turns.ts';
import { LoweredLevels } from './lowered-levels.ts';
import { type HostPolicyPlace, type OpenState, openState } from './open-state.ts';
import { openPeople } from './people.ts';
import { openPermissions } from './permissions.ts';
import { PersonExec } from './person-exec.ts';
import { portalPowers } from './portal-powers.ts';
import { createPortals } from './portals/index.ts';
import { devfsDevice } from './portals/kernel-fs.ts';
import type { Powers } from './powers.ts';
import { answerQuestion } from './question.ts';
import { hostsObjection, isPinned } from './registry/admit-spokes.ts';
import { formatProblem } from './registry/problem.ts';
import type { SpokeBook } from './registry/spoke-book.ts';
import { watchFile } from './registry/watch.ts';
import { reviewSpokes } from './review-spokes.ts';
import { openCgroups } from './sandbox/cgroup.ts';
import { plainSandbox } from './sandbox/plain.ts';
import type { Runtime } from './sandbox/sandbox.ts';
import { surveySandboxes } from './sandbox/survey.ts';
import type { UsageLimits } from './sandbox/usage.ts';
import { workerSandbox } from './sandbox/worker.ts';
import { createScopes, type Scopes } from './scopes.ts';
import { createSpokeLives } from './spoke-lives.ts';
import { hostNotes, spokeNotes, withNotes } from './standing-notes.ts';
import { Lines } from './supervisor/lines.ts';
import { Supervisor } from './supervisor/supervisor.ts';
import { createTrial } from './trial.ts';
import { Watches } from './watches/watches.ts';

export interface DaemonInput {
  readonly powers: Powers;
  readonly places: Places;
  /** The home directory of the daemon's user, by its real path. */
  readonly home: string;
  /** Where Axium itself is installed; the bundled spokes are below it. */
  readonly packageRoot: string;
  readonly version: string;
  readonly nodeVersion: string;
  readonly runtime: Runtime;
  readonly architecture: string;
  /** How many threads this process has for file access. */
  readonly fileThreads: number;
  readonly hostPolicy: HostPolicyPlace;
  /** Whether the service manager started this process. */
  readonly service: boolean;
  /** The control socket where the service manager has opened it, as a descriptor; else null. */
  readonly activated: number | null;
  /** Called when somebody asked the daemon to end. */
  readonly onShutdown: () => void;
  /** Where this process is somebody else's, who looks on: a test. */
  readonly guest?: Guest;
}

type Mediate = ReturnType<typeof createBroker>;

/** A process that is not the daemon's own gets no cgroups, and its owner may stand between spokes and the broker. */
export interface Guest {
  readonly around: (mediate: Mediate) => Mediate;
  /** The only level that is tried; at `none` there is nothing to try. */
  readonly level: Level;
}

export interface RunningDaemon {
  /** Sentences that the user should know. */
  readonly notes: () => readonly string[];
  /** Finishes the pieces of the audit log that are being written, and begins new ones. */
  readonly rotateLogs: () => void;
  /** What a person can ask, for whoever shares the process. */
  readonly handlers: ControlHandlers;
  /** Ends every spoke and every command and lets go of everything. Bounded. */
  readonly stop: () => Promise<void>;
}

/**
 * Puts the daemon together and starts it: every part is made here or in what is called here, and is given what it may
 * touch. Throws where it cannot run at all; a bad spoke or a bad permissions.yaml is no such reason.
 */
export async function startDaemon(input: DaemonInput): Promise<RunningDaemon> {
  const state = await openState(input);
  try {
    return await compose(input, state);
  } catch (error) {
    state.close();
    throw error;
  }
}

async function compose(input: DaemonInput, state: OpenState): Promise<RunningDaemon> {
  const { powers, places, home, packageRoot, runtime, architecture } = input;
  const { host, book, audit, queue, logs, recordEvent, findExchanged, time } = state;
  /** The powers of whatever judges what expires. */
  const judging: Powers = { ...input.powers, clock: { ...input.powers.clock, now: time.now } };
  const { clock, log } = powers;
  const isStrictByHost = () => host.state.inForce.some((policy) => policy.strict);
  const strict = () => isStrict(powers.env) || isStrictByHost();
  const started = clock.monotonic();
  const daemonRun = powers.randomHex(4);
  recordEvent('daemon_started', null, {
    pid: powers.pid,
    version: input.version,
    strict: strict(),
    uid: powers.uid,
  });

  // Before anything else is started: a process in the daemon's own group would keep the groups from being made.
  const groups = input.guest ? null : await openCgroups(powers);
  const skip = input.guest
    ? LEVELS.filter((level) => level !== input.guest?.level || level === 'none')
    : book.config.sandbox.skip;
  const surveyed = { powers, runtime, packageRoot, run: places.run, architecture, skip };
  const first = () => book.config.consent.first;
  // Each waits for the disk or for what it tries, and for none of the others. Spokes wait for all, and so for the canary.
  const beginnings = [
    surveySandboxes(surveyed, { all: false }),
    containCommands(powers, {
      ...{ places, home, architecture, packageRoot },
      spokeDirectories: () => book.directories,
    }),
    openConsents({ powers, file: places.consents, first, recordEvent }),
    devfsDevice(powers.files),
    loadPeerLookup(powers.filesNow),
    tierSettings(powers),
  ] as const;
  // Where one fails the state is closed, and nothing may go on then.
  await Promise.allSettled(beginnings);
  const [survey, contained, consents, devfs, lookup, tiers] = await Promise.all(beginnings);
  const worker = workerSandbox(powers, runtime, () => book.config.sandbox.memory);
  const sandboxes = { ...survey, worker, plain: plainSandbox(powers, runtime) };
  const lowered = new LoweredLevels();
  const choose = (spoke: string) =>
    confinementOf(
      sandboxes,
      lowered.configFor(spoke, book.config.sandbox),
      spoke,
      book.runtimeOf(spoke),
      floorOf(host),
    );
  let questionsWaiting = 0;
  const hud = new HudSegments(() => publisher.changed());
  const publisher = new HudPublisher({
    powers,
    file: places.hud,
    segments: () => [
      ...asSegments(questionsBadge(questionsWaiting)),
      ...orderSegments(
        hud.list(),
        supervisor.list().map(({ name }) => name),
      ),
    ],
    push: createTmuxPush({ powers, wanted: () => book.config.hud.tmux, path: () => pathOf() }),
  });
  const jobs = createCommandJobs({ powers, home, book, commands: contained, recordEvent });
  const permissions = await openPermissions({
    powers: judging,
    onExpiry: () => void time.save(),
    places,
    home,
    packageRoot,
    strict,
    host,
    consents,
    levelOf: (spoke) => choose(spoke).sandbox.level,
    book,
    recordEvent,
    findExchanged,
    onLost: (mayRun) => {
      // What persons run has rights of its own, and what a person said yes to was allowed although its spoke has to ask.
      const keeps = (owner: string, target: CommandTarget) =>
        isPerson(owner) || mayRun(owner, target, people.hasApproved(owner, target));
      recordRevoked(jobs.revoke(keeps));
      const mayKeep: typeof scopes.mayKeep = async (owner, scope) =>
        isPerson(owner) || scopes.mayKeep(owner, scope);
      jobs.revokeScopes(mayKeep).then(recordRevoked, (error) => onDefect(error, 'scoped commands'));
      watches.revoke().catch((error: unknown) => onDefect(error, 'watches'));
    },
    onChanged: (spoke) => supervisor.send(spoke, { event: 'permissions_changed' }),
  });
  const onDefect = (error: unknown, where: string) =>
    log.error('a defect', { where, error: describeDefect(error) });
  function recordRevoked(revoked: readonly JobStatus[]): void {
    for (const { id, spoke, argv } of revoked) recordEvent('job_revoked', spoke, { job: id, argv });
  }
  const pathOf = () => book.config.exec.path ?? DEFAULT_PATH;
  const people = await openPeople({
    ...{ powers, places, home, book, recordEvent },
    get strict() {
      return strict();
    },
    onQuestions: (waiting) => {
      questionsWaiting = waiting;
      publisher.changed();
    },
    hashOf: (spoke) => permissions.of(spoke).hash,
    path: pathOf,
  });
  const scopes: Scopes = createScopes(permissions, judging.clock);
  const canConfine = contained.confine !== undefined;
  const lines = new Lines();
  const watches: Watches = new Watches({
    ...{ powers, lines, granted: scopes.granted, recordEvent },
    onError: (error) => onDefect(error, 'watches'),
  });
  const commands = new SpokeCommands({ lines, clock, recordEvent });
  const tell = (event: Event, spoke?: string) =>
    spoke === undefined ? supervisor.tellAll(event) : supervisor.send(spoke, event);
  const followed = await followEnvironments({ powers, places, book, recordEvent, tell, onDefect });
  const { environments } = followed;
  const broker: BrokerInput = {
    portals: createPortals(
      portalPowers({
        ...{ powers, places, home, devfs, book, queue, hud, jobs, permissions, scopes, canConfine },
        ...{ environments, commands, watches, lines, packageRoot, recordEvent, logs },
        preview: (subject, request) => createPreview(broker)(subject, request),
      }),
    ),
    policies: permissions.of,
    anchors: permissions.anchors,
    audit,
    askPerson: people.askPerson,
    grantFor: people.grantFor,
    decide: people.decide,
    clock: judging.clock,
    inTurn: lookupTurns(4),
    nextRequestId: counter(daemonRun),
    onDefect,
  };
  const lives = createSpokeLives({
    environment: () => environments.active,
    powers,
    usageLimits: () => usageLimits(book),
    groups,
    confinementOf: choose,
    objectionTo: (spoke) =>
      isPinned(host.state, spoke.manifest.name)
        ? hostsObjection(powers.files, host.state, spoke).then((found) => found && formatProblem(found))
        : null,
    state,
    permissions,
    hud,
    mediate: (input.guest?.around ?? itself)(createBroker(broker)),
    // One that is tried has its own rights, and not those of the one beside which it runs.
    createTrial: (spoke) => createTrial(broker, spoke ? () => permissions.ofVersion(spoke) : permissions.of),
    daemonRun,
    lines,
    onLoaded: (spoke) => supervisor.tellAll({ event: 'spoke_loaded', spoke }),
  });
  const supervisor: Supervisor = new Supervisor({
    makeLife: lives.makeLife,
    settingOf: (spoke) => choose(spoke).setting,
    onTaken(life) {
      book.take(life.spoke);
      permissions.noticeSpokes();
      lives.onTaken(life);
      followed.followConfigs(book.list().map(({ manifest }) => manifest.name));
    },
    onKept({ manifest: { name } }, reason) {
      log.warn(`spoke ${name}: the changed version does not run, and the one before goes on: ${reason}`);
      permissions.revokeLost();
    },
  });
  const following = await followSpokes({ powers, book, permissions, supervisor, recordEvent, onDefect });
  const dangerous = allowsDangerous(powers.env);
  const notes = () => [
    ...tiers.notes,
    ...(lookup === null ? [NO_LOOKUP] : []),
    ...people.notes(),
    ...(audit.trouble === null
      ? []
      : [`the audit log cannot be written, so nothing is allowed: ${audit.trouble}`]),
    ...time.notes(),
    ...hostNotes({ uid: powers.uid, fileThreads: input.fileThreads, ...contained }),
    ...lowered.notes(),
    ...spokeNotes(book, choose),
    ...following.notes(),
    ...permissions.notes(),
    ...environments.notes(),
  ];
  const personExec = new PersonExec({
    broker,
    files: powers.files,
    path: pathOf,
    start: (subject, target, cwd) => jobs.start(subject, target, null, { cwd }),
    policy: () => people.point().people,
    rules: people.rules,
    hash: people.hash,
    isElevated: (key) => people.sessions.find(key) !== null,
    ask: people.askFor,
    grantFor: people.grantOf,
  });
  const handlers = controlHandlers({
    identity: {
      pid: powers.pid,
      version: input.version,
      node: input.nodeVersion,
      get strict() {
        return strict();
      },
      get strictByHost() {
        return isStrictByHost();
      },
      service: input.service,
    },
    dangerous,
    uptimeMs: () => Math.round(clock.monotonic() - started),
    places,
    notes,
    overrides: permissions.overrides,
    supervisor,
    refused: following.refused,
    reload: async (spoke) => {
      await host.refresh();
      await following.reload(spoke);
      await environments.refresh();
    },
    commands,
    environments,
    spokeLog: (spoke) => logs.of(spoke).tail(),
    reviews: reviewSpokes(book, consents, permissions),
    permissions: () => permissions.list().map((spoke) => withNotes(spoke, book, choose(spoke.name))),
    answer: (question) => answerQuestion(broker, question),
    loadPermissions: permissions.load,
    queue,
    hud,
    jobs,
    audit,
    people: {
      ...people,
      ...{ clock, jobs, exec: personExec },
      isSpoke: (name) => book.get(name) !== undefined,
      elevationAuth: () => book.config.elevation.auth,
    },
    pruneAudit: state.pruneAudit,
    confine: async (spoke, level) => {
      lowered.set(spoke, level);
      recordEvent('spoke_confinement_set', spoke, { require: level });
      await following.reload(null);
      await supervisor.settled(spoke);
    },
    shutdown: input.onShutdown,
  });
  const refresh = () =>
    void permissions.refresh().catch((error: unknown) => onDefect(error, 'permissions.yaml'));
  const unwatch = await watchFile(powers, places.permissionsFile, refresh, (error) =>
    onDefect(error, 'watch'),
  );
  const unwatchHost = await followHostPolicy({
    ...{ powers, host, permissions, recordEvent, onDefect },
    onSpokes: () => following.hostChanged(),
  });
  const { server, onlyOwner } = await openControlSocket(powers, places, book.config.socket, input.activated);
  const callerOf = createCallerLookup({
    lookup,
    settings: tiers.settings,
    onlyOwner,
    spokeOf: (processes, session) => jobs.ownerOf(processes, session?.id ?? null),
  });
  const onRefused = refusalRecorder(recordEvent, clock);
  attachControl(server, callerOf, serveControl({ handlers, dangerous, onRefused, onDefect }));
  // Also where nobody shows anything: what a daemon that was killed had left is not shown on.
  publisher.changed();
  await following.start();
  for (const note of notes()) log.warn(note);
  return {
    notes,
    handlers,
    rotateLogs: () => audit.rotate(),
    async stop() {
      server.close();
      unwatch();
      followed.close();
      people.stop();
      watches.close();
      unwatchHost();
      following.stop();
      permissions.close();
      await Promise.all([supervisor.stop(), jobs.stop(), publisher.stop()]);
      recordEvent('daemon_stopped', null, {});
      await time.save();
      state.close();
    },
  };
}

function itself<T>(value: T): T {
  return value;
}

/** Told where a connection cannot be asked for who made it. */
const NO_LOOKUP =
  'the kernel cannot be asked who connects, since koffi is not installed or does not run here: nobody can say yes to a question or elevate a session';

function usageLimits({ config }: SpokeBook): UsageLimits {
  return { extraMemory: config.sandbox.memory * 1_048_576, busySeconds: config.sandbox.busy / 1000 };
}

function counter(prefix: string): () => string {
  let count = 0;
  return () => {
    count += 1;
    return `${prefix}-${count}`;
  };
}

function describeDefect(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
