import type { Event } from '../schemas/wire.ts';
import type { Authority } from './authority.ts';
import { createPreview } from './broker/preview.ts';
import type { BrokerInput } from './broker.ts';
import { SpokeCommands } from './commands/spoke-commands.ts';
import { type FollowedEnvironments, followEnvironments } from './follow-environments.ts';
import type { Foundation } from './foundation.ts';
import type { HudSegments } from './hud/segments.ts';
import type { Jobs } from './jobs/jobs.ts';
import { loadOpenCached } from './open-cached.ts';
import { type PortalPowersInput, portalPowers } from './portal-powers.ts';
import { createPortals } from './portals/index.ts';
import type { Lines } from './supervisor/lines.ts';

export interface MediationInput {
  readonly base: Foundation;
  readonly authority: Authority;
  readonly jobs: Jobs;
  readonly hud: HudSegments;
  readonly lines: Lines;
  readonly devfs: PortalPowersInput['devfs'];
  /** Whether this host can confine commands to a scope. */
  readonly canConfine: boolean;
  /** Tells one spoke, or all of them where none is named. */
  readonly tell: (event: Event, spoke?: string) => void;
}

/** What requests of spokes are decided and done by. */
export interface Mediation {
  readonly broker: BrokerInput;
  readonly commands: SpokeCommands;
  readonly followed: FollowedEnvironments;
}

export async function openMediation(input: MediationInput): Promise<Mediation> {
  const { base, authority, jobs, hud, lines, devfs, canConfine, tell } = input;
  const { powers, places, home, packageRoot, judging, daemonRun, onDefect } = base;
  const { book, audit, queue, logs, recordEvent } = base.state;
  const { permissions, scopes, watches, people } = authority;
  const commands = new SpokeCommands({ lines, clock: powers.clock, recordEvent });
  const followed = await followEnvironments({ powers, places, book, recordEvent, tell, onDefect });
  const { environments } = followed;
  const openCached = await loadOpenCached();
  const broker: BrokerInput = {
    portals: createPortals(
      portalPowers({
        ...{ powers, places, home, devfs, book, queue, hud, jobs, permissions, scopes, canConfine },
        ...{ environments, commands, watches, lines, packageRoot, recordEvent, logs, openCached },
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
    inTurn: base.inTurn,
    nextRequestId: counter(daemonRun),
    onDefect,
  };
  return { broker, commands, followed };
}

function counter(prefix: string): () => string {
  let count = 0;
  return () => {
    count += 1;
    return `${prefix}-${count}`;
  };
}
