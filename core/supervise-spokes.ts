import type { Authority } from './authority.ts';
import { createBroker } from './broker.ts';
import type { ConfinedSpokes } from './confine-spokes.ts';
import type { Foundation } from './foundation.ts';
import type { HudSegments } from './hud/segments.ts';
import type { Mediation } from './mediation.ts';
import { hostsObjection, isPinned } from './registry/admit-spokes.ts';
import { formatProblem } from './registry/problem.ts';
import type { SpokeBook } from './registry/spoke-book.ts';
import type { UsageLimits } from './sandbox/usage.ts';
import { createSpokeLives } from './spoke-lives.ts';
import type { Alarms } from './supervisor/alarms.ts';
import type { Lines } from './supervisor/lines.ts';
import { LoadedNews } from './supervisor/loaded-news.ts';
import { Supervisor } from './supervisor/supervisor.ts';
import { timeZoneOf } from './time-zone.ts';
import { createTrial } from './trial.ts';

export interface SuperviseInput {
  readonly base: Foundation;
  readonly confined: ConfinedSpokes;
  readonly authority: Authority;
  readonly mediation: Mediation;
  readonly hud: HudSegments;
  readonly lines: Lines;
  readonly alarms: Alarms;
}

/** Makes what keeps the spokes running, each confined as it is to be and mediated from its first word. Starts none. */
export function superviseSpokes(input: SuperviseInput): Supervisor {
  const { base, confined, authority, mediation, hud, lines, alarms } = input;
  const { powers, state, daemonRun, guest } = base;
  const { permissions, watches } = authority;
  const { broker, commands, followed } = mediation;
  const { book } = state;
  const mediate = createBroker(broker);
  const lives = createSpokeLives({
    environment: () => followed.environments.active,
    timeZone: timeZoneOf(powers),
    powers,
    usageLimits: () => usageLimits(book),
    groups: confined.groups,
    limitProcess: confined.limit,
    confinementOf: confined.choose,
    warm: confined.warm,
    objectionTo: (spoke) =>
      isPinned(state.host.state, spoke.manifest.name)
        ? hostsObjection(powers.files, state.host.state, spoke).then((found) => found && formatProblem(found))
        : null,
    state,
    permissions,
    hud,
    mediate: guest ? guest.around(mediate) : mediate,
    // One that is tried has its own rights, and not those of the one beside which it runs.
    createTrial: (spoke) => createTrial(broker, spoke ? () => permissions.ofVersion(spoke) : permissions.of),
    daemonRun,
    lines,
    isOccupied: (instance) => commands.isBusy(instance) || watches.isWatching(instance),
    onLoaded: (spoke) => news.add(spoke),
  });
  const supervisor: Supervisor = new Supervisor({
    makeLife: lives.makeLife,
    settingOf: (spoke) => confined.choose(spoke).setting,
    onTaken(life) {
      // Every spoke is looked at for this: with many that start at once, once for each of them.
      if (book.take(life.spoke)) permissions.noticeSpokes();
      lives.onTaken(life);
      followed.followConfigs(book.list().map(({ manifest }) => manifest.name));
      alarms.set(life.spoke.manifest);
    },
    onKept({ manifest: { name } }, reason) {
      powers.log.warn(
        `spoke ${name}: the changed version does not run, and the one before goes on: ${reason}`,
      );
      permissions.revokeLost();
    },
  });
  const news = new LoadedNews({
    clock: powers.clock,
    allSettled: () => supervisor.allSettled(),
    tell: (loaded) => {
      for (const { name: spoke, activation } of loaded) {
        const event = { event: 'spoke_loaded', spoke } as const;
        // One that is started on demand starts no other: two that wait for each other would never come to rest.
        if (activation === 'always') supervisor.tellAll(event);
        else supervisor.tellRunning(event);
      }
    },
  });
  return supervisor;
}

function usageLimits({ config }: SpokeBook): UsageLimits {
  return { extraMemory: config.sandbox.memory * 1_048_576, busySeconds: config.sandbox.busy / 1000 };
}
