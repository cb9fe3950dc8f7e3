import { type Duplex, duplexPair } from 'node:stream';
import { Channel } from '../../../core/channel/channel.ts';
import { LineSplitter } from '../../../core/channel/framing.ts';
import { CHANNEL_LIMITS, type ChannelLimits } from '../../../core/channel/limits.ts';
import type { Message } from '../../../core/channel/message.ts';
import type { Turns } from '../../../core/channel/turns.ts';
import type { Response } from '../../../schemas/wire.ts';
import { createHandClock, type HandClock } from '../../support/hand-clock.ts';

type Line = Readonly<Record<string, unknown>>;

export interface ChannelPair {
  readonly channel: Channel;
  readonly clock: HandClock;
  /** The daemon's end and the spoke's end of the line. */
  readonly ours: Duplex;
  readonly theirs: Duplex;
  /** Requests that were handed over to be answered, in order. */
  readonly served: Message[];
  /** Heavy ones whose reply has left, or never will. */
  readonly left: Message[];
  readonly breaches: string[];
  readonly closes: () => number;
  /** How often the daemon's end was written to. */
  readonly writes: () => number;
  /** Lines that the spoke has read. It reads from the start unless it was made not to. */
  readonly received: Line[];
  readonly send: (...messages: readonly object[]) => void;
  readonly sendRaw: (text: string | Buffer) => void;
  /** Begins to read, where the spoke was made not to. */
  readonly read: () => void;
  /** Settles once the condition holds; it is looked at whenever something has happened. */
  readonly until: (condition: () => boolean) => Promise<void>;
}

export interface PairInput {
  readonly limits?: Partial<ChannelLimits>;
  readonly answer?: (message: Message) => Response | Promise<Response>;
  readonly reading?: boolean;
  readonly turns?: Turns;
}

/** Limits far from everything that a test does. */
const ROOMY: ChannelLimits = { ...CHANNEL_LIMITS, inFlight: 10_000, heavyInFlight: 10_000, burst: 1e9 };

/** A channel and a spoke's end of it, in memory. `heavy...` are the commands that hold much. */
export function makePair({ limits = {}, answer = ok, reading = true, turns }: PairInput = {}): ChannelPair {
  const [ours, theirs] = duplexPair();
  const clock = createHandClock();
  const served: Message[] = [];
  const left: Message[] = [];
  const breaches: string[] = [];
  const received: Line[] = [];
  const watchers = new Set<() => void>();
  const happened = () => {
    for (const look of [...watchers]) look();
  };
  let closes = 0;
  let writes = 0;
  const write = ours.write.bind(ours);
  ours.write = ((...args: Parameters<typeof write>) => {
    writes += 1;
    return write(...args);
  }) as typeof ours.write;
  const channel = new Channel({
    stream: ours,
    limits: { ...ROOMY, ...limits },
    clock,
    ...(turns ? { turns } : {}),
    isHeavy: (cmd) => cmd.startsWith('heavy'),
    isStoring: (cmd) => cmd === 'heavy-store',
    serve: (message, reply) => {
      served.push(message);
      happened();
      void Promise.resolve(answer(message)).then(reply);
    },
    onLeft: (message) => {
      left.push(message);
      happened();
    },
    onBreach: (what) => {
      breaches.push(what);
      happened();
    },
    onClose: () => {
      closes += 1;
      happened();
    },
  });
  const splitter = new LineSplitter(Number.POSITIVE_INFINITY);
  const read = () => {
    theirs.on('data', (bytes: Buffer) => {
      received.push(...splitter.push(bytes).lines.map((line) => JSON.parse(line) as Line));
      happened();
    });
  };
  theirs.on('error', () => {});
  if (reading) read();
  const sendRaw = (text: string | Buffer) => void theirs.write(text);
  return {
    channel,
    clock,
    ours,
    theirs,
    served,
    left,
    breaches,
    closes: () => closes,
    writes: () => writes,
    received,
    send: (...messages) => sendRaw(messages.map((message) => `${JSON.stringify(message)}\n`).join('')),
    sendRaw,
    read,
    until: (condition) =>
      new Promise((resolve) => {
        const look = () => {
          if (!condition()) return;
          watchers.delete(look);
          resolve();
        };
        watchers.add(look);
        look();
      }),
  };
}

export function ok({ id }: Message): Response {
  return { id, ok: true };
}

/** So many requests, with ids from 0 on. */
export function requests(
  count: number,
  cmd = 'ping',
): readonly { readonly id: number; readonly cmd: string }[] {
  return Array.from({ length: count }, (_, id) => ({ id, cmd }));
}

/** Answers that are given when the test says so. */
export function heldAnswers() {
  const waiting: { readonly cmd: string; readonly resolve: () => void }[] = [];
  return {
    answer: (message: Message) =>
      new Promise<Response>((resolve) => {
        waiting.push({ cmd: message.cmd, resolve: () => resolve(ok(message)) });
      }),
    /** Gives the oldest answer that waits, or the oldest to a request of this command. */
    give: (cmd?: string) => {
      const at = waiting.findIndex((held) => cmd === undefined || held.cmd === cmd);
      waiting.splice(at, 1)[0]?.resolve();
    },
  };
}

/** Lets everything run that waits for nothing but its turn. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
