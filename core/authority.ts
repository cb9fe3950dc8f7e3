import type { JobStatus } from '../schemas/control-shown.ts';
import type { CommandTarget } from '../schemas/decision.ts';
import { isPerson } from '../schemas/subject.ts';
import type { ConsentBook } from './consents.ts';
import type { Foundation } from './foundation.ts';
import type { Jobs } from './jobs/jobs.ts';
import { openPeople, type People } from './people.ts';
import { openPermissions, type Permissions } from './permissions.ts';
import { createScopes, type Scopes } from './scopes.ts';
import type { Lines } from './supervisor/lines.ts';
import { Watches } from './watches/watches.ts';

export interface AuthorityInput {
  readonly base: Foundation;
  readonly consents: ConsentBook;
  readonly jobs: Jobs;
  readonly lines: Lines;
  /** How a spoke is confined, by its name. */
  readonly levelOf: (spoke: string) => string;
  /** Told how many questions wait, whenever that has changed. */
  readonly onQuestions: (waiting: number) => void;
  /** The rights of a spoke are others now. */
  readonly onChanged: (spoke: string) => void;
}

/** Everything that says what may be done, by the files and by persons, and what goes on only for as long as it may. */
export interface Authority {
  readonly consents: ConsentBook;
  readonly permissions: Permissions;
  readonly scopes: Scopes;
  readonly watches: Watches;
  readonly people: People;
}

/** Reads all of it, and from then on ends the jobs and watches that lose their right. */
export async function openAuthority(input: AuthorityInput): Promise<Authority> {
  const { base, consents, jobs, lines, levelOf, onQuestions, onChanged } = input;
  const { powers, places, home, packageRoot, strict, judging, onDefect } = base;
  const { host, book, recordEvent, findExchanged, time } = base.state;
  const recordRevoked = (revoked: readonly JobStatus[]) => {
    for (const { id, spoke, argv } of revoked) recordEvent('job_revoked', spoke, { job: id, argv });
  };
  const permissions = await openPermissions({
    powers: judging,
    onExpiry: () => void time.save(),
    places,
    home,
    packageRoot,
    strict,
    host,
    consents,
    levelOf,
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
    onChanged,
  });
  const scopes: Scopes = createScopes(permissions, judging.clock);
  const watches: Watches = new Watches({
    ...{ powers, lines, inTurn: base.inTurn, granted: scopes.granted, recordEvent },
    onError: (error) => onDefect(error, 'watches'),
  });
  const people: People = await openPeople({
    ...{ powers, places, home, book, recordEvent, onQuestions },
    get strict() {
      return strict();
    },
    hashOf: (spoke) => permissions.of(spoke).hash,
    path: base.path,
  });
  return { consents, permissions, scopes, watches, people };
}
