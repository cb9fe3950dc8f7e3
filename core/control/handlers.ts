import type { Answer } from '../../schemas/answer.ts';
import type { Level } from '../../schemas/config.ts';
import type { RefusedSpoke, SpokePermissions, WarmStatus } from '../../schemas/control-shown.ts';
import type { Places } from '../../schemas/places.ts';
import type { Audit } from '../audit/audit.ts';
import type { SpokeCommands } from '../commands/spoke-commands.ts';
import { startForCommand } from '../commands/start-for-command.ts';
import type { Environments } from '../environments/environments.ts';
import { AxiumError } from '../errors.ts';
import { asSegments } from '../hud/badges.ts';
import { orderSegments } from '../hud/forms.ts';
import type { HudSegments } from '../hud/segments.ts';
import type { Jobs } from '../jobs/jobs.ts';
import type { NotificationQueue } from '../notify/queue.ts';
import type { Permissions } from '../permissions.ts';
import type { SignalScope } from '../policy/people.ts';
import type { Question } from '../question.ts';
import type { Reviews } from '../review-spokes.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';
import type { Caller } from './caller.ts';
import {
  type HostedPeople,
  peopleBadges,
  peopleHandlers,
  requireAllowed,
  standingOf,
} from './people-handlers.ts';
import type { ControlHandlers } from './serve.ts';

/** What the control socket shows of the daemon and can do to it. */
export interface Hosted {
  readonly identity: {
    readonly pid: number;
    readonly version: string;
    readonly node: string;
    readonly strict: boolean;
    readonly strictByHost: boolean;
    readonly service: boolean;
  };
  readonly uptimeMs: () => number;
  /** Whether dangerous operations are enabled. */
  readonly dangerous: boolean;
  readonly places: Places;
  readonly notes: () => readonly string[];
  readonly overrides: () => { readonly in_force: boolean; readonly problems: readonly string[] };
  readonly supervisor: Supervisor;
  readonly refused: () => readonly RefusedSpoke[];
  readonly warm: () => WarmStatus;
  /** Finds the spokes anew; the named one is started again even where nothing changed. */
  readonly reload: (spoke: string | null) => Promise<void>;
  readonly reviews: Reviews;
  readonly spokeLog: (spoke: string) => string;
  readonly permissions: () => readonly SpokePermissions[];
  /** What would be decided if a spoke asked. */
  readonly answer: (question: Question) => Promise<Answer>;
  /** Reads permissions.yaml again, and settles once it is in force or refused. */
  readonly loadPermissions: Permissions['load'];
  readonly queue: NotificationQueue;
  readonly hud: HudSegments;
  readonly jobs: Jobs;
  readonly commands: SpokeCommands;
  readonly environments: Environments;
  readonly audit: Audit;
  /** What persons have said, and are asked. */
  readonly people: HostedPeople;
  readonly pruneAudit: (olderMs: number) => Promise<number>;
  /** Requires no more than this level of one spoke until the daemon ends, and runs it so. */
  readonly confine: (spoke: string, level: Level) => Promise<void>;
  readonly shutdown: () => void;
}

/** How long a client is let wait for a notification before it has to ask again. */
const MAX_WAIT_MS = 20_000;

/** What each command of the control socket does. */
export function controlHandlers(host: Hosted): ControlHandlers {
  const { identity, places, supervisor, queue, jobs, commands, environments } = host;
  const spokes = () => ({ spokes: supervisor.list(), refused: host.refused() });
  const known = (name: string) => {
    if (!supervisor.find(name))
      throw new AxiumError(
        'not_found',
        `spoke '${name}' not found; 'axium spoke list' shows those there are`,
      );
    return name;
  };
  const runningOf = (name: string) => ({
    spoke: known(name),
    instance: supervisor.find(name)?.instance ?? '',
  });
  const commandsOf = (name: string) => {
    const { instance } = runningOf(name);
    const manifest = supervisor.find(name)?.spoke.manifest;
    const runs = manifest?.activation !== 'on-demand' || supervisor.find(name)?.state === 'ready';
    return runs ? commands.list(instance) : commands.named(name, manifest.triggers.commands);
  };
  const maySignal = (what: string, caller: Caller, scope: SignalScope) =>
    requireAllowed(host.people, caller, what, (policy, person) => policy.canSignal(person, scope));
  /** To start again what runs, or failed to, is a signal; to start what was stopped by hand is more. */
  const mayStartAgain = (spoke: string, caller: Caller) => {
    if (supervisor.find(spoke)?.state !== 'stopped') return maySignal('spoke_reload', caller, 'one');
    return requireAllowed(host.people, caller, 'spoke_reload', (policy, person) =>
      policy.canSpawnChild(person),
    );
  };
  return {
    ping: () => ({
      pid: identity.pid,
      version: identity.version,
      strict: identity.strict,
      ...(identity.strictByHost ? { strict_by_host: true } : {}),
      service: identity.service,
    }),
    ...peopleHandlers(host.people),
    whoami: (_request, caller) => ({
      ...identityOf(caller),
      ...standingOf(host.people, caller),
      dangerous: host.dangerous,
    }),
    version: () => ({ version: identity.version, node: identity.node }),
    status: () => ({
      pid: identity.pid,
      version: identity.version,
      strict: identity.strict,
      uptime_ms: host.uptimeMs(),
      notes: host.notes(),
      overrides: { file: places.permissionsFile, ...host.overrides() },
      ...spokes(),
      warm: host.warm(),
      files: { security: places.securityLog, audit: places.auditLog, log: places.daemonLog },
    }),
    shutdown: () => {
      host.shutdown();
      return {};
    },
    spoke_list: spokes,
    spoke_reload: async ({ spoke }, caller) => {
      if (spoke !== undefined) mayStartAgain(spoke, caller);
      await host.reload(spoke ?? null);
      if (spoke !== undefined) known(spoke);
      return spokes();
    },
    spoke_review: ({ spoke }) => host.reviews.show(spoke),
    spoke_accept: async ({ spoke, offer }) => {
      await host.reviews.accept(spoke, offer);
      return {};
    },
    spoke_stop: async ({ spoke }, caller) => {
      known(spoke);
      maySignal(`spoke_stop`, caller, 'one');
      await supervisor.halt(spoke);
      return spokes();
    },
    spoke_confine: async ({ spoke, require: level }) => {
      await host.confine(known(spoke), level);
      return spokes();
    },
    spoke_logs: ({ spoke }) => ({ text: host.spokeLog(known(spoke)) }),
    perms_list: () => ({ spokes: host.permissions() }),
    get_permissions: ({ spoke }) => {
      const found = host.permissions().find(({ name }) => name === known(spoke));
      if (!found) throw new AxiumError('not_found', `spoke '${spoke}' not found`);
      return found;
    },
    perms_can: ({ spoke, action, resource }) =>
      host.answer({ spoke: known(spoke), action, resource: resource ?? null }),
    perms_load: async () => ({ strict: identity.strict, ...(await host.loadPermissions()) }),
    notify: async ({ title, body, level }) => ({
      notification: await queue.add('system', { title, body, level }),
    }),
    notify_drain: async () => ({ notifications: await queue.take() }),
    notify_lease: () => queue.lease(),
    notify_peek: () => ({ notifications: queue.list() }),
    notify_wait: async () => ({ waiting: await queue.wait(MAX_WAIT_MS) }),
    notify_ack: async ({ lease }) => ({ acknowledged: await queue.acknowledge(lease) }),
    hud: (_request, caller) => {
      // In the order of the spokes, so that the line stays the same whoever was the first to say something.
      const order = supervisor.list().map(({ name }) => name);
      return {
        segments: [
          ...asSegments(peopleBadges(host.people, caller)),
          ...orderSegments(host.hud.list(), order),
        ],
      };
    },
    jobs_list: () => ({ jobs: jobs.list() }),
    jobs_logs: ({ job }) => jobs.logs(job),
    jobs_kill: async ({ job }, caller) => {
      maySignal('jobs_kill', caller, 'one');
      return { job: await jobs.kill(job) };
    },
    jobs_kill_all: async (_request, caller) => {
      maySignal('jobs_kill_all', caller, 'all');
      return { jobs: await jobs.killAll(null) };
    },
    audit_prune: async ({ older_ms: olderMs }, caller) => {
      requireAllowed(host.people, caller, 'audit_prune', (policy, person) =>
        policy.canDestructive(person, 'audit prune'),
      );
      return { pieces: await host.pruneAudit(olderMs) };
    },
    env_list: () => ({ active: environments.active, environments: environments.list() }),
    env_set: async ({ environment }) => {
      await environments.choose(environment);
      return { active: environments.active };
    },
    env_unset: async () => {
      await environments.unchoose();
      return { active: environments.active };
    },
    spoke_commands: ({ spoke }) => ({ commands: commandsOf(spoke) }),
    spoke_run: async ({ spoke, command, args }, { principal }) => {
      await startForCommand({ supervisor, commands }, known(spoke), command);
      return commands.run(runningOf(spoke), { command, args, principal });
    },
    audit_head: () => host.audit.head,
  };
}

/** Who the kernel says that somebody is. */
function identityOf({ identity, principal, tier, why }: Caller) {
  const known = identity === 'unknown' ? null : identity;
  return {
    ...{ principal, tier, why },
    uid: known?.uid ?? null,
    gid: known?.gid ?? null,
    groups: known?.groups ?? null,
    pid: known?.pid ?? null,
  };
}
