import type { WarmStatus } from '../schemas/control-shown.ts';
import type { Powers, Timer } from './powers.ts';
import type { LoadedManifest } from './registry/load-manifest.ts';
import { fingerprintTree } from './registry/spoke-tree.ts';
import type { ConfinedProcess, Sandbox } from './sandbox/sandbox.ts';
import { readSmallTree, type SmallTree } from './sandbox/small-tree.ts';
import { WarmProcess } from './sandbox/warm-process.ts';
import { countFailure, MAX_FAILURES, retryDelay } from './supervisor/backoff.ts';

export interface WarmStartInput {
  readonly powers: Pick<Powers, 'files' | 'clock' | 'log' | 'randomHex'>;
  /** What confines spokes on this host, where nothing else was chosen for one. */
  readonly sandbox: Sandbox;
  /** A directory of the daemon's own, for what such processes find in the place of a spoke's. */
  readonly directory: string;
  readonly isOn: () => boolean;
}

/** No spoke has begun to start for so long: whatever starts then has the machine to itself. */
const QUIET_MS = 1000;
/** A directory that takes longer to be read is left to the process itself. */
const READ_MS = 500;
/** Below this part of all memory, or this much, nothing is started that nobody has asked for. */
const LEAST_FREE = { part: 1 / 8, kibibytes: 262_144 } as const;
const SHORT_MS = 60_000;

/**
 * Keeps one confined process ready that was started ahead, for the next small spoke: it is ready in a fraction of the time
 * that starting a process takes. Nothing is started ahead before a spoke was started that could have had it, and never
 * while spokes start. Each process runs one spoke at most. What goes wrong here is no event of any spoke: it is started
 * in the usual way.
 */
export class WarmStart {
  readonly #input: WarmStartInput;
  #idle: WarmProcess | null = null;
  /** Settles once what is being started is there, or cannot be. */
  #filling: Promise<void> | null = null;
  /** Some spoke could have been started so. */
  #isWanted = false;
  /** How many spokes are starting. */
  #busy = 0;
  #failures = 0;
  #timer: Timer | null = null;
  #isStopped = false;
  readonly #all = new Set<WarmProcess>();

  constructor(input: WarmStartInput) {
    this.#input = input;
  }

  status(): WarmStatus {
    if (!this.#input.isOn()) return { state: 'off', pid: null };
    if (this.#idle === null) return { state: this.#filling ? 'starting' : 'none', pid: null };
    return { state: this.#idle.isReady ? 'ready' : 'starting', pid: this.#idle.pid };
  }

  /** A spoke has begun to start: nothing is to be in its way. */
  spokeBegins(): void {
    this.#busy += 1;
    this.#timer?.cancel();
    this.#timer = null;
  }

  /** A spoke that began to start is ready, or is not going to be. */
  spokeSettled(): void {
    this.#busy -= 1;
    this.#look();
  }

  /** The configuration was read again: what is not to be there ends, and what could not be started is tried again. */
  configRead(): void {
    this.#failures = 0;
    this.#look();
  }

  /**
   * The process that was started ahead, with this spoke before it, for who starts it then. Null, or settles with null, where
   * it is to be started in the usual way: there is none ready, the spoke is confined in another way or no program of
   * Node, or it is not small, or not as it was when it was loaded. `isAdmitted` looks at the copy that it runs from.
   */
  take(
    spoke: LoadedManifest,
    sandbox: Sandbox,
    isAdmitted: (directory: string) => Promise<boolean>,
  ): Promise<ConfinedProcess | null> | null {
    if (sandbox !== this.#input.sandbox || spoke.manifest.runtime !== 'node') return null;
    this.#isWanted = true;
    return this.#idle?.isReady && this.#input.isOn() ? this.#take(spoke, isAdmitted) : null;
  }

  /** Ends what is ready and starts no more. Settles when nothing of any such process is left. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    await this.#filling;
    this.#look();
    await Promise.all([...this.#all].map(({ gone }) => gone));
    const { powers, directory } = this.#input;
    await powers.files.rm(directory, { recursive: true, force: true }).catch(() => {});
  }

  async #take(
    spoke: LoadedManifest,
    isAdmitted: (directory: string) => Promise<boolean>,
  ): Promise<ConfinedProcess | null> {
    const tree = await this.#read(spoke);
    const warm = this.#idle;
    // Meanwhile another spoke may have had it.
    if (tree === null || !warm?.isReady) return null;
    this.#idle = null;
    return warm.take({ tree, module: spoke.module, isAdmitted });
  }

  /** What lies in its directory, where that is what was loaded and is small enough. */
  #read({ directory, fingerprint }: LoadedManifest): Promise<SmallTree | null> {
    const { files, clock } = this.#input.powers;
    const read = async () => {
      const tree = await readSmallTree(files, directory);
      return tree !== null && (await fingerprintTree(files, directory)) === fingerprint ? tree : null;
    };
    return new Promise((resolve) => {
      const timer = clock.after(READ_MS, () => resolve(null));
      void read()
        .catch(() => null)
        .then((tree) => {
          timer.cancel();
          resolve(tree);
        });
    });
  }

  #look(): void {
    if (!this.#isStopped && this.#input.isOn()) {
      this.#fillAfter(QUIET_MS);
      return;
    }
    this.#idle?.kill();
    this.#idle = null;
  }

  #fillAfter(ms: number): void {
    if (this.#timer !== null || !this.#mayFill) return;
    this.#timer = this.#input.powers.clock.after(ms, () => {
      this.#timer = null;
      if (this.#mayFill) this.#fill();
    });
  }

  get #mayFill(): boolean {
    const isThere = this.#idle !== null || this.#filling !== null;
    const isToBe = this.#isWanted && !this.#isStopped && this.#input.isOn();
    return isToBe && !isThere && this.#busy === 0 && this.#failures < MAX_FAILURES;
  }

  #fill(): void {
    this.#filling = this.#start().then(
      (warm) => {
        this.#filling = null;
        if (warm === null) this.#fillAfter(SHORT_MS);
        else this.#keep(warm);
      },
      (error: unknown) => {
        this.#filling = null;
        this.#failed(null, String(error));
      },
    );
  }

  /** Null where memory is short. */
  async #start(): Promise<WarmProcess | null> {
    const { powers, sandbox, directory } = this.#input;
    if (await isMemoryShort(powers.files)) return null;
    await powers.files.mkdir(directory, { recursive: true, mode: 0o700 });
    // By its real path: a process that may read a directory need not be able to follow a link to it.
    const root = await powers.files.realpath(directory);
    return WarmProcess.start(powers, sandbox, `${root}/${powers.randomHex(8)}`);
  }

  #keep(warm: WarmProcess): void {
    const { clock } = this.#input.powers;
    this.#all.add(warm);
    this.#idle = warm;
    let readySince: number | null = null;
    void warm.ready.then((isReady) => {
      if (isReady) readySince = clock.monotonic();
    });
    void warm.gone.then(() => {
      this.#all.delete(warm);
      // Else it was taken, or ended here.
      if (this.#idle !== warm) return;
      this.#idle = null;
      const readyMs = readySince === null ? null : clock.monotonic() - readySince;
      this.#failed(readyMs, warm.breach ?? 'it ended by itself');
    });
    // It may have been turned off while this one was being started.
    this.#look();
  }

  #failed(readyMs: number | null, why: string): void {
    this.#failures = countFailure(this.#failures, readyMs);
    this.#input.powers.log.warn(`the process that was started ahead for the next spoke is gone: ${why}`);
    this.#fillAfter(retryDelay(this.#failures, 0.5));
  }
}

/** Whether little memory is left on this host. Where that cannot be told, it is not. */
async function isMemoryShort(files: Powers['files']): Promise<boolean> {
  const text = await files.readFile('/proc/meminfo', 'utf8').catch(() => '');
  const read = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1] ?? Number.NaN);
  const [all, free] = [read('MemTotal'), read('MemAvailable')];
  return free < all * LEAST_FREE.part || free < LEAST_FREE.kibibytes;
}
