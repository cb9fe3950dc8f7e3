import { allowsDangerous } from '../schemas/tiers.ts';
import { openAuthority } from './authority.ts';
import { begin } from './begin.ts';
import { createCommandJobs } from './command-jobs.ts';
import { confineSpokes } from './confine-spokes.ts';
import { createCallerLookup } from './control/caller.ts';
import { controlHandlers } from './control/handlers.ts';
import { refusalRecorder } from './control/refusals.ts';
import { type ControlHandlers, serveControl } from './control/serve.ts';
import { attachControl } from './control/server.ts';
import { openControlSocket } from './control/socket.ts';
import { controlHost } from './control-host.ts';
import { followHostPolicy } from './follow-host-policy.ts';
import { followSpokes } from './follow-spokes.ts';
import { type DaemonInput, type Foundation, layFoundation } from './foundation.ts';
import { showHud } from './hud/show-hud.ts';
import { openMediation } from './mediation.ts';
import { openState } from './open-state.ts';
import { watchFile } from './registry/watch.ts';
import { hostNotes, spokeNotes } from './standing-notes.ts';
import { superviseSpokes } from './supervise-spokes.ts';
import { Alarms } from './supervisor/alarms.ts';
import { Lines } from './supervisor/lines.ts';
import type { Supervisor } from './supervisor/supervisor.ts';

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
    return await compose(layFoundation(input, state));
  } catch (error) {
    state.close();
    throw error;
  }
}

/** How spokes are confined, what may be done, how it is done, who runs, and who may ask: one stage after the other. */
async function compose(base: Foundation): Promise<RunningDaemon> {
  const { powers, places, home, state, onDefect } = base;
  const { host, book, audit, recordEvent, time } = state;
  recordEvent('daemon_started', null, {
    pid: powers.pid,
    version: base.version,
    strict: base.strict(),
    uid: powers.uid,
  });
  const begun = await begin(base);
  const { contained, consents, devfs, lookup, tiers } = begun;
  const confined = confineSpokes(base, begun);
  const { choose, lowered } = confined;
  const { hud, publisher, onQuestions } = showHud(base, () => supervisor.list().map(({ name }) => name));
  const jobs = createCommandJobs({ powers, home, book, commands: contained, recordEvent });
  const lines = new Lines();
  const authority = await openAuthority({
    ...{ base, consents, jobs, lines, onQuestions },
    levelOf: (spoke) => choose(spoke).sandbox.level,
    onChanged: (spoke) => supervisor.tell(spoke, { event: 'permissions_changed' }),
  });
  const { permissions, people, watches } = authority;
  const mediation = await openMediation({
    ...{ base, authority, jobs, hud, lines, devfs },
    canConfine: contained.confine !== undefined,
    tell: (event, spoke) => (spoke === undefined ? supervisor.tellAll(event) : supervisor.tell(spoke, event)),
  });
  const { followed } = mediation;
  const alarms = new Alarms({
    clock: powers.clock,
    onDue: (spoke, timer) => supervisor.tell(spoke, { event: 'due', timer }),
  });
  const supervisor: Supervisor = superviseSpokes({
    ...{ base, confined, authority, mediation, hud, lines, alarms },
  });
  const following = await followSpokes({
    ...{ powers, book, permissions, supervisor, alarms, recordEvent, onDefect },
    onRead: () => confined.warm?.configRead(),
  });
  const dangerous = allowsDangerous(powers.env);
  const notes = () => [
    ...tiers.notes,
    ...(lookup === null ? [NO_LOOKUP] : []),
    ...people.notes(),
    ...(audit.trouble === null
      ? []
      : [`the audit log cannot be written, so nothing is allowed: ${audit.trouble}`]),
    ...time.notes(),
    ...hostNotes({ uid: powers.uid, fileThreads: base.fileThreads, ...contained }),
    ...lowered.notes(),
    ...spokeNotes(book, choose),
    ...following.notes(),
    ...permissions.notes(),
    ...followed.environments.notes(),
  ];
  const handlers = controlHandlers(
    controlHost({
      ...{ base, confined, authority, mediation, supervisor, following, hud, jobs, dangerous, notes },
    }),
  );
  const refresh = () =>
    void permissions.refresh().catch((error: unknown) => onDefect(error, 'permissions.yaml'));
  const unwatch = await watchFile(powers, places.permissionsFile, refresh, (error) =>
    onDefect(error, 'watch'),
  );
  const unwatchHost = await followHostPolicy({
    ...{ powers, host, permissions, recordEvent, onDefect },
    onSpokes: () => following.hostChanged(),
  });
  const { server, onlyOwner } = await openControlSocket(powers, places, book.config.socket, base.activated);
  const callerOf = createCallerLookup({
    lookup,
    settings: tiers.settings,
    onlyOwner,
    spokeOf: (processes, session) => jobs.ownerOf(processes, session?.id ?? null),
  });
  const onRefused = refusalRecorder(recordEvent, powers.clock);
  attachControl(server, callerOf, serveControl({ handlers, dangerous, onRefused, onDefect }));
  // Also where nobody shows anything: what a daemon that was killed had left is not shown on.
  publisher.changed();
  await following.start();
  for (const note of notes()) powers.log.warn(note);
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
      alarms.close();
      permissions.close();
      await Promise.all([confined.warm?.stop(), supervisor.stop(), jobs.stop(), publisher.stop()]);
      recordEvent('daemon_stopped', null, {});
      await time.save();
      state.close();
    },
  };
}

/** Told where a connection cannot be asked for who made it. */
const NO_LOOKUP =
  'the kernel cannot be asked who connects, since koffi is not installed or does not run here: nobody can say yes to a question or elevate a session';
