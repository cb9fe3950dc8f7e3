import type { Action } from '../../schemas/actions.ts';
import type { Target } from '../../schemas/decision.ts';
import type { Subject } from '../../schemas/subject.ts';
import type { Command, Request } from '../../schemas/wire.ts';

export type { Subject };

declare const resolvedBrand: unique symbol;

/** What a request is really about, with what was opened to know it. Only `resolved` makes one, and only resolvers call it. */
export interface Resolved<Handle = unknown> {
  readonly [resolvedBrand]: true;
  readonly target: Target;
  readonly handle: Handle;
  /** Lets go of what was opened. Called exactly once, whatever was decided. */
  readonly release: Release;
}

/** Null where nothing has to be waited for. */
export type Release = () => Promise<void> | null;

/** Without what the broker and the channel add, which a reply would overwrite. */
export type Reply = Readonly<Record<string, unknown>> & {
  readonly id?: never;
  readonly ok?: never;
  readonly follows?: never;
};

/**
 * The code that does one action for a spoke. `resolve` finds out what the request is about and changes nothing;
 * `perform` is called only with what was resolved, and only after an allow that is on record.
 */
export interface Portal<C extends Command = Command, Handle = unknown> {
  readonly action: Action;
  /** What was asked for, as untrusted text for the record. */
  readonly resource: (request: Request<C>) => string | null;
  readonly resolve: (request: Request<C>, subject: Subject) => Resolved<Handle> | Promise<Resolved<Handle>>;
  readonly perform: (
    resolved: Resolved<Handle>,
    request: Request<C>,
    subject: Subject,
    /** The daemon's own id of the request, as the records have it. */
    id: string,
  ) => Reply | Promise<Reply>;
}

/**
 * The code that does one action in the daemon's memory alone: nothing is opened for it or waited for. `stage` does all of
 * it that can fail, and changes nothing.
 */
export interface MemoryPortal<C extends Command = Command> {
  readonly action: Action;
  /** What was asked for, as untrusted text for the record. */
  readonly resource: (request: Request<C>) => string | null;
  readonly stage: (request: Request<C>, subject: Subject) => Staged;
}

/** What is about to be done in memory, and what will be answered then. */
export interface Staged {
  readonly reply: Reply;
  /** Does it. Called only after an allow that is on record, and cannot fail. */
  readonly commit: () => void;
}

/** A request that was resolved, and what allowing it would do. */
export interface Prepared {
  readonly target: Target;
  readonly perform: () => Reply | Promise<Reply>;
  readonly release: Release;
}

/** A portal as the table holds it, whatever its command and handle are. */
export interface PortalEntry {
  readonly action: Action;
  readonly resource: (request: Request) => string | null;
  /** False for actions without an object of their own: to resolve them nothing is looked at. */
  readonly looks: boolean;
  readonly prepare: (request: Request, subject: Subject, id: string) => Prepared | Promise<Prepared>;
  /** Null for what is done elsewhere than in the daemon's memory. */
  readonly stage: ((request: Request, subject: Subject) => Staged) | null;
}

/** Puts a portal into the table. The table's key is the command that the schema has checked, so the types hold. */
export function entry<C extends Command, Handle>(portal: Portal<C, Handle>): PortalEntry {
  return {
    action: portal.action,
    resource: (request) => portal.resource(request as Request<C>),
    looks: (portal.resolve as unknown) !== plainTarget,
    prepare(request, subject, id) {
      const prepared = (opened: Resolved<Handle>): Prepared => ({
        target: opened.target,
        perform: () => portal.perform(opened, request as Request<C>, subject, id),
        release: opened.release,
      });
      const opening = portal.resolve(request as Request<C>, subject);
      return opening instanceof Promise ? opening.then(prepared) : prepared(opening);
    },
    stage: null,
  };
}

/** Puts a portal into the table that does what it does in memory. */
export function memoryEntry<C extends Command>(portal: MemoryPortal<C>): PortalEntry {
  const stage = (request: Request, subject: Subject) => portal.stage(request as Request<C>, subject);
  return {
    action: portal.action,
    resource: (request) => portal.resource(request as Request<C>),
    looks: false,
    // Only for a policy that asks a person, which none does of what is done in memory.
    prepare: (request, subject) => ({
      ...PLAIN,
      perform() {
        const { reply, commit } = stage(request, subject);
        commit();
        return reply;
      },
    }),
    stage,
  };
}

export function resolved<Handle>(target: Target, handle: Handle, release?: Release): Resolved<Handle> {
  return { target, handle, release: release ?? nothing } as Resolved<Handle>;
}

/** For actions without an object of their own. */
export function plainTarget(): Resolved<null> {
  return PLAIN;
}

function nothing(): null {
  return null;
}

const PLAIN: Resolved<null> = resolved({ kind: 'plain' }, null);
