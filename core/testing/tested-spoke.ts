import { AssertionError } from 'node:assert';
import type { Level } from '../../schemas/config.ts';
import type { OverrideBlock } from '../../schemas/permissions.ts';
import { collectFiles } from '../author/collect-files.ts';
import { compileTypes, hasTypes, loadStripTypes } from '../author/compile-types.ts';
import { placeFiles } from '../author/place-files.ts';
import { AxiumError } from '../errors.ts';
import { type LoadedManifest, requireManifest } from '../registry/load-manifest.ts';
import { InvalidFile } from '../registry/problem.ts';
import { declaredRights } from './declared-rights.ts';
import type { TestedPermission } from './overrides-of.ts';
import { type Fault, type RunInput, SpokeRun } from './spoke-run.ts';
import { makeTestHome, type TestHome } from './test-home.ts';
import { ThreadClock } from './thread-clock.ts';

export interface RunOptions {
  /** What the user changes: a section of permissions.yaml. */
  readonly permissions?: OverrideBlock;
  /** Permissions that are taken away entirely, whatever the manifest declares. */
  readonly deny?: readonly TestedPermission[];
  /** Files of the home that the spoke finds, by paths that begin with `~/`. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** A moment at which the clock stands still until `advance` moves it. Only in the process of the test. */
  readonly clock?: Date | number | string;
  /** `none`, the default, is quick: the spoke runs in the process of the test, if it is for Node. */
  readonly level?: Exclude<Level, 'seatbelt'>;
  /** One of `faults()`. */
  readonly fault?: Fault;
}

export interface TestingHost extends Omit<RunInput['host'], 'powers'> {
  readonly powers: RunInput['host']['powers'];
  /** The directory for what is there only while a test runs. */
  readonly temporary: string;
}

/** One spoke under test: it is run as often as one likes, and in the end it is known which of its rights were used. */
export class TestedSpoke {
  readonly #host: TestingHost;
  readonly #directory: string;
  readonly #runs = new Set<SpokeRun>();
  /** Origins of rules that have allowed something, by line and column, and privileged actions by what declares them. */
  readonly #used = new Set<string>();
  #manifest: LoadedManifest | null = null;

  constructor(host: TestingHost, directory: string) {
    this.#host = host;
    this.#directory = directory;
  }

  /**
   * Runs it with a home of its own, and settles once it is ready or has failed. Throws where there is no such spoke, and
   * where the level cannot be had on this host.
   */
  async run(options: RunOptions = {}): Promise<SpokeRun> {
    const { level = 'none', permissions = {}, deny = [], fault } = options;
    const home = await makeTestHome(this.#host.powers, this.#host.temporary, options.files ?? {});
    try {
      const manifest = await this.#place(home);
      const isThread = level === 'none' && manifest.manifest.runtime === 'node';
      const clock = this.#clockOf(options, isThread);
      await this.#writeConfig(home, manifest.manifest.name, level, isThread);
      const powers = { ...this.#host.powers, env: home.env };
      const run = await SpokeRun.start({
        host: { ...this.#host, powers: clock?.powers(powers) ?? powers },
        ...{ home, manifest, permissions, clock, level },
        denied: fault?.when === 'from the start' ? [...deny, fault.permission] : deny,
        revokeAfterUse: fault?.when === 'midway' ? fault.permission : null,
      });
      this.#runs.add(run);
      refuseOtherLevel(run, level);
      return run;
    } catch (error) {
      await this.#host.powers.files.rm(home.root, { recursive: true, force: true });
      throw error;
    }
  }

  /**
   * Each permission that the manifest declares, as a run without it: once from the start, and once gone after its first
   * use. A test that passes with all of them shows that the spoke fails gracefully.
   */
  async faults(): Promise<readonly Fault[]> {
    const { base } = await this.#load();
    const declared = new Set(declaredRights(base).map(({ permission }) => permission));
    return [...declared].flatMap((permission) =>
      (['from the start', 'midway'] as const).map((when) => ({
        name: `without ${permission}, ${when}`,
        permission,
        when,
      })),
    );
  }

  /** Ends all runs, and throws where the manifest declares a right that none of them has used. */
  async finish(): Promise<void> {
    const manifest = await this.#load();
    await this.close();
    const unused = declaredRights(manifest.base).filter(
      ({ place, text }) => !this.#used.has(place) && !this.#used.has(text),
    );
    if (unused.length === 0) return;
    const lines = unused.map(({ text, place }) => `  spoke.yaml:${place}: ${text}`);
    throw new AssertionError({
      message: `${manifest.manifest.name} declares what no test has used; use it in one, or take it out:\n${lines.join('\n')}`,
    });
  }

  /** Ends all runs. */
  async close(): Promise<void> {
    for (const run of this.#runs) {
      for (const { allowed, action, resource, rule } of run.decisions) {
        if (!allowed || rule === null) continue;
        this.#used.add(placeIn(rule));
        // What spares a person the question is a line of permissions.yaml; the right that it uses is the manifest's.
        if (action === 'privileged') this.#used.add(`privileged: ${resource?.split(' ', 1)[0]}`);
      }
      await run.stop();
    }
    this.#runs.clear();
  }

  async #load(): Promise<LoadedManifest> {
    if (this.#manifest === null) {
      const home = await makeTestHome(this.#host.powers, this.#host.temporary, {});
      try {
        await this.#place(home);
      } finally {
        await this.#host.powers.files.rm(home.root, { recursive: true, force: true });
      }
    }
    return this.#manifest as LoadedManifest;
  }

  /** Puts what would run of it where the daemon of a run finds it. */
  async #place({ places, home }: TestHome): Promise<LoadedManifest> {
    const { powers } = this.#host;
    const sources = await collectFiles(powers.files, this.#directory);
    const placed = hasTypes(sources) ? compileTypes(sources, await loadStripTypes()) : sources;
    const directory = `${places.spokesDirectory}/spoke`;
    await placeFiles(powers, directory, placed);
    try {
      this.#manifest = await requireManifest(powers, directory, home, null);
      return this.#manifest;
    } catch (error) {
      if (!(error instanceof InvalidFile)) throw error;
      throw new AxiumError('invalid_file', error.message.replaceAll(directory, this.#directory));
    }
  }

  #clockOf({ clock }: RunOptions, isThread: boolean): ThreadClock | null {
    if (clock === undefined) return null;
    const start = new Date(clock).getTime();
    if (Number.isNaN(start)) throw new AxiumError('invalid', `clock: expected a moment, found '${clock}'`);
    if (!isThread) {
      throw new AxiumError(
        'invalid',
        'clock: only a spoke for Node that runs in the process of the test has one',
      );
    }
    return new ThreadClock(start);
  }

  async #writeConfig(home: TestHome, name: string, level: Level, isThread: boolean): Promise<void> {
    const sandbox = {
      require: level,
      ...(isThread && { spokes: { [name]: { isolation: 'worker' } } }),
    };
    // No test has anything done as root: for each run there is no executor.
    const executor = { socket: `${home.root}/executor.sock`, fallback: 'none' };
    const { files } = this.#host.powers;
    await files.writeFile(home.places.configFile, JSON.stringify({ sandbox, executor }), { mode: 0o600 });
  }
}

function refuseOtherLevel(run: SpokeRun, level: Level): void {
  if (run.level === level || level === 'none') return;
  throw new AxiumError(
    'unavailable',
    `level ${level} cannot be had here: ${run.failure ?? `it is ${run.level}`}`,
  );
}

function placeIn(origin: string): string {
  return origin.split(':').slice(-2).join(':');
}
