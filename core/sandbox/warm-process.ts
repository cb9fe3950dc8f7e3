import { fileURLToPath, pathToFileURL } from 'node:url';
import { readMessage } from '../channel/message.ts';
import type { Powers } from '../powers.ts';
import type { ConfinedProcess, Sandbox } from './sandbox.ts';
import { type SmallTree, writeSmallTree } from './small-tree.ts';

type Needed = Pick<Powers, 'files'>;

/** What is given over to whoever takes the process. */
export interface Handover {
  readonly tree: SmallTree;
  /** The entry module, relative to the directory. */
  readonly module: string;
  /** Whether the spoke may run as its copy lies there. */
  readonly isAdmitted: (directory: string) => Promise<boolean>;
}

const MAX_HELLO = 256;
/** The process is told its real module only when it is taken. */
const PLACEHOLDER = 'main.mjs';

/**
 * A confined process that was started before there is a spoke for it, by the very command line that spokes get, with an
 * empty directory of its own in the place of a spoke's. The runtime in it has said hello and waits for an answer; nothing
 * that it says is answered, or attributed to anybody, before it is taken. It is taken once at most.
 */
export class WarmProcess {
  readonly #powers: Needed;
  readonly #directory: string;
  readonly #process: ConfinedProcess;
  #hello = Buffer.alloc(0);
  #isReady = false;
  #isOver = false;
  /** What it did that nothing of ours does; null where it did not. */
  #breach: string | null = null;
  /** Settles once it has said hello, and with false where it has ended before. */
  readonly ready: Promise<boolean>;
  /** Settles once it is gone, and what lay before it. */
  readonly gone: Promise<void>;

  /** Starts it in a directory, which is made here and is the process's alone. Rejects where that cannot be done. */
  static async start(powers: Needed, sandbox: Sandbox, directory: string): Promise<WarmProcess> {
    await powers.files.mkdir(directory, { mode: 0o700 });
    try {
      return new WarmProcess(powers, directory, sandbox.start({ directory, module: PLACEHOLDER }));
    } catch (error) {
      await powers.files.rm(directory, { recursive: true, force: true });
      throw error;
    }
  }

  private constructor(powers: Needed, directory: string, process: ConfinedProcess) {
    this.#powers = powers;
    this.#directory = directory;
    this.#process = process;
    const { channel, stdout, stderr, exited } = process;
    // What ends while nobody listens to it must not end the daemon.
    for (const stream of [channel, stdout, stderr]) stream.on('error', () => {});
    channel.on('readable', this.#read);
    this.ready = new Promise((resolve) => {
      this.#whenReady = () => resolve(true);
      void exited.then(() => resolve(false));
    });
    this.gone = exited.then(async () => {
      this.#isOver = true;
      // What cannot be removed now goes when the daemon starts again.
      await powers.files.rm(directory, { recursive: true, force: true }).catch(() => {});
    });
  }

  #whenReady = (): void => {};

  get pid(): number | null {
    return this.#process.pid();
  }

  /** It can be taken. */
  get isReady(): boolean {
    return this.#isReady && !this.#isOver;
  }

  /** Why it was ended here, or null. */
  get breach(): string | null {
    return this.#breach;
  }

  kill(): void {
    this.#process.kill();
  }

  /**
   * Puts a spoke before it and gives the process up as that spoke's. Null where it may not be, and the process is ended
   * then: another spoke must find nothing of this one.
   */
  async take({ tree, module, isAdmitted }: Handover): Promise<ConfinedProcess | null> {
    const { files } = this.#powers;
    const isThere = await writeSmallTree(files, this.#directory, tree)
      .then(() => isAdmitted(this.#directory))
      .catch(() => false);
    if (!isThere || !this.isReady) {
      this.kill();
      await this.#process.exited;
      return null;
    }
    const { channel, moduleUrl } = this.#process;
    channel.off('readable', this.#read);
    // It is for whoever listens to the channel from now on, under the name of the spoke.
    channel.unshift(this.#hello);
    const inside = fileURLToPath(moduleUrl).slice(0, -`/${PLACEHOLDER}`.length);
    return { ...this.#process, moduleUrl: pathToFileURL(`${inside}/${module}`).href };
  }

  readonly #read = (): void => {
    const { channel } = this.#process;
    for (let bytes = channel.read(); bytes !== null; bytes = channel.read()) this.#hear(bytes);
  };

  #hear(bytes: Buffer): void {
    if (this.#isOver) return;
    this.#hello = Buffer.concat([this.#hello, bytes]);
    const isWhole = this.#hello.includes('\n');
    if (this.#isReady || this.#hello.length > MAX_HELLO) this.#end('it said more than hello');
    else if (isWhole && !isHello(this.#hello.toString('utf8'))) this.#end('what it said was not hello');
    else if (isWhole) {
      this.#isReady = true;
      this.#whenReady();
    }
  }

  #end(breach: string): void {
    this.#isOver = true;
    this.#breach = breach;
    this.kill();
  }
}

/** One line and no more. What it holds is read as every hello is, once the process is taken. */
function isHello(text: string): boolean {
  return text.indexOf('\n') === text.length - 1 && readMessage(text.slice(0, -1))?.cmd === 'hello';
}
