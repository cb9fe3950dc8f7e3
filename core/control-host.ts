import type { Authority } from './authority.ts';
import type { ConfinedSpokes } from './confine-spokes.ts';
import type { Hosted } from './control/handlers.ts';
import type { Following } from './follow-spokes.ts';
import type { Foundation } from './foundation.ts';
import type { HudSegments } from './hud/segments.ts';
import type { Jobs } from './jobs/jobs.ts';
import type { Mediation } from './mediation.ts';
import { PersonExec } from './person-exec.ts';
import { answerQuestion } from './question.ts';
import { reviewSpokes } from './review-spokes.ts';
import { withNotes } from './standing-notes.ts';
import type { Supervisor } from './supervisor/supervisor.ts';

export interface ControlHostInput {
  readonly base: Foundation;
  readonly confined: ConfinedSpokes;
  readonly authority: Authority;
  readonly mediation: Mediation;
  readonly supervisor: Supervisor;
  readonly following: Following;
  readonly hud: HudSegments;
  readonly jobs: Jobs;
  /** Whether dangerous operations are enabled. */
  readonly dangerous: boolean;
  readonly notes: () => readonly string[];
}

/** What the control socket shows of the daemon and can do to it, and nothing else of it. */
export function controlHost(input: ControlHostInput): Hosted {
  const { base, confined, authority, mediation, supervisor, following, hud, jobs, dangerous, notes } = input;
  const { powers, places, strict, isStrictByHost, path } = base;
  const { host, book, audit, queue, logs, recordEvent, pruneAudit } = base.state;
  const { consents, permissions, people } = authority;
  const { broker, commands, followed } = mediation;
  const { environments } = followed;
  const { clock } = powers;
  const exec = new PersonExec({ broker, files: powers.files, path, jobs, people });
  return {
    identity: {
      pid: powers.pid,
      version: base.version,
      node: base.nodeVersion,
      get strict() {
        return strict();
      },
      get strictByHost() {
        return isStrictByHost();
      },
      service: base.service,
    },
    dangerous,
    uptimeMs: () => Math.round(clock.monotonic() - base.started),
    places,
    notes,
    overrides: permissions.overrides,
    supervisor,
    refused: following.refused,
    warm: () => confined.warm?.status() ?? { state: 'off', pid: null },
    reload: async (spoke) => {
      await host.refresh();
      await following.reload(spoke);
      await environments.refresh();
    },
    commands,
    environments,
    spokeLog: (spoke) => logs.of(spoke).tail(),
    reviews: reviewSpokes(book, consents, permissions),
    permissions: () => permissions.list().map((spoke) => withNotes(spoke, book, confined.choose(spoke.name))),
    answer: (question) => answerQuestion(broker, question),
    loadPermissions: permissions.load,
    queue,
    hud,
    jobs,
    audit,
    people: {
      ...people,
      ...{ clock, jobs, exec },
      isSpoke: (name) => book.get(name) !== undefined,
      elevationAuth: () => book.config.elevation.auth,
    },
    pruneAudit,
    confine: async (spoke, level) => {
      confined.lowered.set(spoke, level);
      recordEvent('spoke_confinement_set', spoke, { require: level });
      await following.reload(null);
      await supervisor.settled(spoke);
    },
    shutdown: base.onShutdown,
  };
}
