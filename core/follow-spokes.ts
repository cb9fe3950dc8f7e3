import type { RefusedSpoke } from '../schemas/control-shown.ts';
import { oneAfterTheOther } from './one-after-the-other.ts';
import type { RecordEvent } from './open-state.ts';
import type { Permissions } from './permissions.ts';
import type { Powers, Timer } from './powers.ts';
import { formatProblem, InvalidFile } from './registry/problem.ts';
import type { SpokeBook } from './registry/spoke-book.ts';
import { TreeWatch } from './registry/watch-tree.ts';
import { quarantineNote } from './spoke-lives.ts';
import { spokesPathNotes } from './spokes-path-notes.ts';
import type { Alarms } from './supervisor/alarms.ts';
import type { Supervisor } from './supervisor/supervisor.ts';

export interface FollowInput {
  readonly powers: Powers;
  readonly book: SpokeBook;
  readonly permissions: Permissions;
  readonly supervisor: Supervisor;
  readonly alarms: Alarms;
  readonly recordEvent: RecordEvent;
  readonly onDefect: (error: unknown, where: string) => void;
  /** The configuration and the spokes are as they were read last. */
  readonly onRead: () => void;
}

/** Characters of a problem that a record keeps. */
const MAX_PROBLEM = 500;

/** After so long a look that could not be made is made again. Milliseconds. */
const AGAIN_MS = 1000;

/** Keeps what runs the same as what lies on disk. */
export interface Following {
  /** Starts the spokes there are, and from then on follows every change of their directories. */
  readonly start: () => Promise<void>;
  /**
   * Reads the configuration and all spokes again; the named one is started again even where nothing changed. Settles when
   * all are ready or have failed. Throws InvalidFile for a broken `config.yaml`; all stays then.
   */
  readonly reload: (again: string | null) => Promise<void>;
  /** The policy of the host is another one: what it says of the configuration and of which spokes may run counts at once. */
  readonly hostChanged: () => Promise<void>;
  /** What is not run as it lies there, though a version from before may be. */
  readonly refused: () => readonly RefusedSpoke[];
  readonly notes: () => readonly string[];
  readonly stop: () => void;
}

export async function followSpokes(input: FollowInput): Promise<Following> {
  const { powers, book, permissions, supervisor, alarms, recordEvent, onDefect, onRead } = input;
  const { log } = powers;
  let pathNotes = await spokesPathNotes(powers);
  let told: ReadonlySet<string> = new Set();

  const tellRefused = () => {
    const texts = book.refused.map(({ problems }) => problems.map(formatProblem).join('\n'));
    for (const [index, text] of texts.entries()) {
      if (told.has(text)) continue;
      log.warn(text);
      recordEvent('spoke_refused', null, {
        directory: book.refused[index]?.directory,
        problem: text.split('\n')[0]?.slice(0, MAX_PROBLEM),
      });
    }
    told = new Set(texts);
  };
  const runAll = async (again: string | null) => {
    tellRefused();
    await supervisor.update(book.found, new Set(again === null ? [] : [again]));
    alarms.keep(new Set(book.list().map(({ manifest }) => manifest.name)));
    await watch.follow(book.directories);
    onRead();
  };
  // Two looks at once would start a spoke twice: the second waits for the first.
  const inTurn = oneAfterTheOther();
  const lookAgain = async () => {
    const known = new Set(book.list());
    await book.refreshSpokes();
    await permissions.announce(book.list().filter((spoke) => !known.has(spoke)));
    await runAll(null);
  };
  let later: Timer | null = null;
  const look = () => {
    later?.cancel();
    later = null;
    inTurn(lookAgain).catch((error: unknown) => {
      if (!(error instanceof InvalidFile)) return onDefect(error, 'spoke directories');
      log.error(`changes of spokes are not taken: ${error.message}`);
      // Nobody tells when there are descriptors again.
      if (error.isWant) later ??= powers.clock.after(AGAIN_MS, look);
    });
  };
  const watch = new TreeWatch({
    powers,
    onChange: look,
    onError: (error) => log.warn(`changes of spokes may not be noticed: ${error}; use 'axium spoke reload'`),
  });

  return {
    start: () =>
      inTurn(async () => {
        await permissions.announce();
        await runAll(null);
      }),
    async reload(again) {
      await inTurn(async () => {
        await Promise.all([book.refresh(), permissions.refresh()]);
        pathNotes = await spokesPathNotes(powers);
        await permissions.announce();
        // Whoever asks is told of everything.
        told = new Set();
        await runAll(again);
      });
      await supervisor.allSettled();
    },
    hostChanged: () =>
      inTurn(async () => {
        // With a broken config.yaml the one in force stays, and the host's word on spokes counts all the same.
        await book.refresh().catch((error: unknown) => {
          if (!(error instanceof InvalidFile)) throw error;
          return book.refreshSpokes();
        });
        await permissions.announce();
        await runAll(null);
      }),
    refused: () => [
      ...book.refused.map(({ directory, problems }) => ({
        directory,
        problems: problems.map(formatProblem),
      })),
      ...supervisor.kept().map(({ spoke, reason }) => ({
        directory: spoke.directory,
        problems: [`the changed version does not run, and the one before goes on: ${reason}`],
      })),
    ],
    notes: () => [...pathNotes, ...standingNotes(book, supervisor)],
    stop() {
      later?.cancel();
      watch.close();
    },
  };
}

/** What does not run as it should. */
function standingNotes(book: SpokeBook, supervisor: Supervisor): readonly string[] {
  const broken = new Set(book.refused.map(({ directory }) => directory));
  return supervisor.list().flatMap(({ name, state, reason, directory }) => {
    const kept = supervisor.kept().some(({ spoke }) => spoke.manifest.name === name);
    return [
      ...(state === 'quarantined' ? [quarantineNote(name, reason)] : []),
      ...(kept || broken.has(directory)
        ? [`spoke ${name} goes on as it was before its last change, which is refused; see 'axium spoke list'`]
        : []),
    ];
  });
}
