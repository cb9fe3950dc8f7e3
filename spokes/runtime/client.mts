import type { Duplex } from 'node:stream';
import type { Code } from '../../schemas/codes.ts';
import type { Event, WIRE } from '../../schemas/wire.ts';
import type { Refusal, Reply, WireRequest } from './api.mts';
import { makeLinger } from './linger.mts';
import { type Incoming, MessageReader } from './message-reader.mts';

// Typed by the schema that the daemon checks against: the two cannot drift apart.
const MAX_REQUEST_LINE: typeof WIRE.maxLine = 1_048_576;
const MAX_VALUES: typeof WIRE.maxValues = 4096;

/** What the channel tells whoever opened it. */
export interface ChannelListener {
  /** The daemon said something unasked. */
  readonly event: (event: Event) => void;
  /** The channel is over, once; pending requests are answered by then. `fault` says what was wrong with a line, if so. */
  readonly close: (fault: string | null) => void;
}

/** A request, and the events that follow it. */
export interface Listening {
  readonly id: number;
  readonly reply: Promise<Reply>;
  readonly end: () => void;
}

/**
 * The spoke's end of the channel: one line a message, each answer to the request of its id, whatever their order. Bytes
 * that follow an answer are its `data`, as a Uint8Array of its own. All lines of one tick leave in one write.
 */
export class Client {
  readonly #stream: Duplex;
  readonly #listener: ChannelListener;
  readonly #onceDrained: (call: () => void) => void;
  readonly #linger: () => void;
  readonly #reader = new MessageReader();
  readonly #pending = new Map<number, (reply: Reply) => void>();
  readonly #listening = new Map<number, (event: Event) => void>();
  #outgoing: string[] = [];
  #nextId = 1;
  #open = true;

  /**
   * `onceDrained` calls back once everything that goes on now has come as far as it can. What `lingerFor` returns is called
   * whenever something was sent, and is told how many answers are still to come.
   */
  constructor(
    stream: Duplex,
    listener: ChannelListener,
    onceDrained: (call: () => void) => void,
    lingerFor: (pending: () => number) => () => void = makeLinger,
  ) {
    this.#linger = lingerFor(() => this.#pending.size);
    this.#stream = stream;
    this.#onceDrained = onceDrained;
    this.#listener = listener;
    stream.on('data', (bytes: Buffer) => this.#receive(bytes));
    // A daemon that was killed shows as a reset as well as an end: it is gone either way.
    for (const over of ['error', 'end', 'close']) stream.on(over, () => this.#close(null));
  }

  /** Sends one request and resolves with its answer. Never rejects: whatever goes wrong is an answer too. */
  request(fields: WireRequest): Promise<Reply> {
    if (!this.#open) return Promise.resolve(refusal('unavailable', 'the channel to the daemon is closed'));
    const id = this.#nextId;
    const line = encode(fields, id);
    if (typeof line !== 'string') return Promise.resolve(line);
    this.#nextId += 1;
    return new Promise((resolve) => {
      this.#pending.set(id, resolve);
      this.#queue(line);
    });
  }

  /** The same, for a request that events follow: `onEvent` hears of those that name it, until `end` is called. */
  listen(fields: WireRequest, onEvent: (event: Event) => void): Listening {
    const id = this.#nextId;
    const reply = this.request(fields);
    // Where nothing was sent, the next request has this id, and what listens to it is not to be ended.
    const isSent = this.#nextId > id;
    if (isSent) this.#listening.set(id, onEvent);
    return { id, reply, end: () => void (isSent && this.#listening.delete(id)) };
  }

  /** Sends one message at once, with all that waits before it; resolves when it has left this process, or cannot. */
  tell(fields: WireRequest): Promise<void> {
    const line = encode(fields, this.#nextId);
    if (typeof line !== 'string') return Promise.reject(new Error(line.error));
    this.#nextId += 1;
    this.#outgoing.push(line);
    return this.flush();
  }

  /** Resolves when everything sent so far has left this process, or cannot any more. */
  flush(): Promise<void> {
    if (!this.#open) return Promise.resolve();
    return new Promise((resolve) => this.#write(resolve));
  }

  #write(onLeft?: () => void): void {
    const text = this.#outgoing.join('');
    this.#outgoing = [];
    if (!this.#open) return;
    this.#stream.write(text, onLeft && (() => onLeft()));
    this.#linger();
  }

  #queue(line: string): void {
    this.#outgoing.push(line);
    if (this.#outgoing.length === 1) this.#onceDrained(() => this.#outgoing.length > 0 && this.#write());
  }

  #receive(bytes: Buffer): void {
    if (!this.#open) return;
    try {
      this.#reader.push(bytes, (message) => this.#dispatch(message));
    } catch (error) {
      this.#close(`the daemon sent what is no message: ${error instanceof Error ? error.message : error}`);
    }
  }

  #dispatch(message: Incoming): void {
    const { id } = message;
    if (typeof id === 'number') {
      this.#pending.get(id)?.(withoutId(message));
      this.#pending.delete(id);
    } else if (typeof message.event === 'string') {
      const { request } = message as { request?: unknown };
      if (typeof request === 'number') this.#listening.get(request)?.(message as unknown as Event);
      else this.#listener.event(message as unknown as Event);
    }
  }

  #close(fault: string | null): void {
    if (!this.#open) return;
    this.#open = false;
    for (const resolve of this.#pending.values()) {
      resolve(refusal('unavailable', 'the channel to the daemon closed before it answered'));
    }
    this.#stream.destroy();
    this.#listener.close(fault);
  }
}

/** A rest of the fields is taken by a slow way of V8's, and this is done for every answer. */
function withoutId(message: Incoming): Reply {
  const reply: Record<string, unknown> = {};
  for (const key of Object.keys(message)) if (key !== 'id' && key !== '__proto__') reply[key] = message[key];
  return reply as unknown as Reply;
}

/** One message as a line, or the refusal that the daemon need not be asked for. */
function encode(fields: WireRequest, id: number): string | Refusal {
  let line: string;
  let bytes: number;
  let isManifold: boolean;
  try {
    line = lineOf(fields, id);
    // A character is at most three bytes, so that only a long line has to be counted. Throws where there is no line.
    bytes = line.length * 3 <= MAX_REQUEST_LINE ? 0 : Buffer.byteLength(line);
    isManifold = line.length > 2 * MAX_VALUES && hasMoreValues({ ...fields, id }, MAX_VALUES);
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n', 1)[0] : 'one of its values threw';
    return refusal('invalid', `request: expected what JSON can say, found otherwise: ${reason}`);
  }
  // The daemon ends a spoke for a line over its caps; a request that is merely too big is no attack.
  if (bytes > MAX_REQUEST_LINE) {
    return refusal(
      'too_large',
      `request: expected at most ${MAX_REQUEST_LINE} bytes as one line of JSON, found ${bytes}; send it in parts`,
    );
  }
  if (isManifold) {
    return refusal(
      'too_large',
      `request: expected at most ${MAX_VALUES} values, those in lists counted; send it in parts`,
    );
  }
  return `${line}\n`;
}

/** An object that is given an id takes JSON twice as long as one that is left alone, so the id is added to the text. */
function lineOf(fields: WireRequest, id: number): string {
  const body: unknown = JSON.stringify(fields);
  const isOpen = typeof body === 'string' && body.startsWith('{"') && fields.id === undefined;
  return isOpen ? `${body.slice(0, -1)},"id":${id}}` : JSON.stringify({ ...fields, id });
}

/** Counted as the daemon counts: an empty list or object as two. */
function hasMoreValues(whole: unknown, most: number): boolean {
  const left = [whole];
  for (let counted = 1; left.length > 0; counted += 1) {
    const value = left.pop();
    if (typeof value === 'object' && value !== null) {
      const parts = Object.values(value);
      if (parts.length === 0) counted += 1;
      for (const part of parts) left.push(part);
    }
    if (counted + left.length > most) return true;
  }
  return false;
}

function refusal(code: Code, error: string): Refusal {
  return { ok: false, code, error };
}
