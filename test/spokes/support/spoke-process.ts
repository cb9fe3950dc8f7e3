import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { onTestFinished } from 'vitest';
import { encodeAnswer, LineSplitter } from '../../../core/channel/framing.ts';
import { HANDSHAKE, REQUESTS, type Response, WIRE } from '../../../schemas/wire.ts';
import { makeTemporaryDirectory } from '../../support/temporary-directory.ts';

const BOOTSTRAP = fileURLToPath(new URL('../../../dist/spokes/runtime/bootstrap.cjs', import.meta.url));

export type Line = { readonly id: number; readonly cmd: string } & Readonly<Record<string, unknown>>;
export type Answer = Readonly<Record<string, unknown>>;

/** Answers a request; undefined leaves it open, for the test to answer. */
export type Answering = (request: Line) => Answer | undefined;

export interface SpokeSource {
  /** A module of the fixtures, or the file URL of another. */
  readonly module: string;
  readonly function?: string;
  readonly answer?: Answering;
  /** Refuses the handshake with this error. */
  readonly refuse?: string;
}

/**
 * A real spoke process, and the daemon's side of its channel played by the test: the daemon's own framing, and schemas
 * that every line has to satisfy.
 */
export class SpokeProcess {
  readonly #child: ChildProcess;
  readonly #channel: Duplex;
  readonly #waiting = new Set<() => void>();
  readonly #answer: Answering;
  readonly #hello: Answer;
  /** Every line that the spoke has sent, in order. */
  readonly lines: Line[] = [];
  readonly exited: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  stdout = '';
  stderr = '';

  constructor(source: SpokeSource) {
    const module = new URL(source.module, new URL('../fixtures/', import.meta.url)).href;
    const start = { spoke: 'fixture', version: '1.2.3', module, function: source.function ?? 'register' };
    this.#hello = source.refuse ? { ok: false, code: 'invalid', error: source.refuse } : { ok: true, start };
    this.#answer = source.answer ?? (() => ({ ok: true }));
    this.#child = spawn(process.execPath, [BOOTSTRAP], {
      env: {},
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    });
    this.#channel = this.#child.stdio[3] as Duplex;
    this.#child.stdout?.setEncoding('utf8').on('data', (text) => this.#note(() => (this.stdout += text)));
    this.#child.stderr?.setEncoding('utf8').on('data', (text) => this.#note(() => (this.stderr += text)));
    const splitter = new LineSplitter(WIRE.maxLine);
    this.#channel.on('data', (bytes: Buffer) => {
      const { lines, fault } = splitter.push(bytes);
      if (fault !== null) throw new Error(`the spoke broke the framing: ${fault}`);
      for (const line of lines) this.#receive(JSON.parse(line));
    });
    // A spoke that has gone away resets the line; `exited` tells of it.
    this.#channel.on('error', () => {});
    this.exited = once(this.#child, 'close').then(([code, signal]) => ({ code, signal }));
    onTestFinished(async () => {
      this.#child.kill('SIGKILL');
      await this.exited;
    });
  }

  /** Sends one line: an event, or an answer with its id. */
  send(message: Answer): void {
    for (const part of encodeAnswer(message as unknown as Response)) this.#channel.write(part);
  }

  sendRaw(text: string): void {
    this.#channel.write(text);
  }

  /** Ends the channel as a daemon does that goes away, and waits for all that the spoke still says. */
  async end(): Promise<void> {
    this.#channel.destroy();
    await this.exited;
  }

  /** The lines of one command so far. */
  sent(cmd: string): readonly Line[] {
    return this.lines.filter((line) => line.cmd === cmd);
  }

  /** Resolves with the first line of a command, as soon as there is one. */
  async line(cmd: string): Promise<Line> {
    await this.until(() => this.sent(cmd).length > 0);
    return this.sent(cmd)[0] as Line;
  }

  /** Resolves once the condition holds; it is looked at whenever the spoke has said something. */
  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (!condition()) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
      void this.exited.then(({ code }) => {
        look();
        reject(new Error(`the spoke exited with ${code} before that; it said: ${this.stderr}`));
      });
    });
  }

  #receive(line: Line): void {
    if (Object.hasOwn(HANDSHAKE, line.cmd)) {
      HANDSHAKE[line.cmd as keyof typeof HANDSHAKE].parse(line);
      if (line.cmd === 'hello') this.send({ id: line.id, ...this.#hello });
    } else {
      const fault = REQUESTS[line.cmd as keyof typeof REQUESTS]?.safeParse(line).error?.issues[0]?.message;
      const answer = fault === undefined ? this.#answer(line) : { ok: false, code: 'invalid', error: fault };
      if (answer !== undefined) this.send({ id: line.id, ...answer });
    }
    this.#note(() => this.lines.push(line));
  }

  #note(change: () => unknown): void {
    change();
    for (const look of [...this.#waiting]) look();
  }
}

/** Writes a module into a directory of the test's own; its file URL and its path. */
export function writeModule(
  source: string,
  name = 'main.mjs',
): { readonly url: string; readonly path: string } {
  const path = join(makeTemporaryDirectory(), name);
  writeFileSync(path, source);
  return { url: pathToFileURL(path).href, path };
}

/** Starts the compiled bootstrap without a channel. */
export async function startWithoutChannel(): Promise<{
  readonly code: number | null;
  readonly stderr: string;
}> {
  const child = spawn(process.execPath, [BOOTSTRAP], { env: {}, stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  const [code] = await once(child, 'close');
  return { code, stderr };
}
