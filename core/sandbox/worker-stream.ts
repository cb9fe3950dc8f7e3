import { Duplex } from 'node:stream';
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { PORT } from '../../schemas/port.ts';
import { ChannelFault } from '../channel/fault.ts';

type Done = (error?: Error | null) => void;

/**
 * The daemon's end of a MessagePort as the stream of bytes that every channel is. It sends only what the other side has
 * credits for, and is destroyed with a ChannelFault as soon as the other side does not keep to that: a port queues
 * without bound whatever is sent to it.
 */
export class WorkerStream extends Duplex {
  readonly #port: MessagePort;
  /** Pieces that we may still send, and that may still come. */
  #mayGo: number = PORT.credits;
  #mayCome: number = PORT.credits;
  /** Pieces that came and are not yet credited, since nobody has read them. */
  #owed = 0;
  #granting = false;
  #outgoing: { readonly bytes: Buffer; readonly done: Done } | null = null;

  constructor(port: MessagePort) {
    super({ allowHalfOpen: false });
    this.#port = port;
    port.on('message', (message: unknown) => this.#receive(message));
    port.on('messageerror', () => this.#fault(NO_PIECE));
    port.on('close', () => this.push(null));
  }

  /** Takes what lies in the port at once, before its closing is dealt with: last words are not lost. */
  drain(): void {
    try {
      while (!this.destroyed) {
        const next = receiveMessageOnPort(this.#port);
        if (next === undefined) return;
        this.#receive(next.message);
      }
    } catch {
      // It sent what cannot be read here at all.
      this.#fault(NO_PIECE);
    }
  }

  override _read(): void {
    if (this.#owed === 0 || this.#granting) return;
    this.#granting = true;
    // Not at once: of those that come together none can have known of credits for the ones before it.
    setImmediate(() => this.#grant());
  }

  override _write(bytes: Buffer, _encoding: BufferEncoding, done: Done): void {
    this.#outgoing = { bytes, done };
    this.#send();
  }

  override _destroy(error: Error | null, done: Done): void {
    this.#port.close();
    this.#outgoing?.done(error ?? new Error('the channel is closed'));
    this.#outgoing = null;
    done(error);
  }

  #grant(): void {
    this.#granting = false;
    if (this.destroyed) return;
    this.#mayCome += this.#owed;
    this.#port.postMessage(this.#owed);
    this.#owed = 0;
  }

  #send(): void {
    while (this.#outgoing !== null && this.#mayGo > 0) {
      const { bytes, done } = this.#outgoing;
      // A copy of its own: a Buffer can lie in a pool, all of which would be sent with it.
      const piece = new Uint8Array(bytes.subarray(0, PORT.maxPiece));
      this.#port.postMessage(piece, [piece.buffer]);
      this.#mayGo -= 1;
      const rest = bytes.subarray(PORT.maxPiece);
      this.#outgoing = rest.length > 0 ? { bytes: rest, done } : null;
      if (this.#outgoing === null) done();
    }
  }

  #receive(message: unknown): void {
    // Those that came together are handed over together, those after a fault too.
    if (this.destroyed) return;
    if (typeof message === 'number') this.#credit(message);
    else if (!isPiece(message)) this.#fault(NO_PIECE);
    else if (this.#mayCome === 0) this.#fault('more came through its port than it had credits for');
    else this.#take(message);
  }

  #credit(pieces: number): void {
    const mayGo = this.#mayGo + pieces;
    if (Number.isInteger(pieces) && pieces > 0 && mayGo <= PORT.credits) {
      this.#mayGo = mayGo;
      this.#send();
    } else {
      this.#fault('it gave credits for what was not sent');
    }
  }

  #take(piece: Uint8Array): void {
    this.#mayCome -= 1;
    this.#owed += 1;
    if (this.push(Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength))) this._read();
  }

  #fault(what: string): void {
    this.destroy(new ChannelFault(what));
  }
}

const NO_PIECE = 'what came through its port is no piece of a line';

/** True for bytes that are the daemon's alone: shared memory could change after it was looked at, a view could hide more. */
function isPiece(message: unknown): message is Uint8Array {
  return (
    message instanceof Uint8Array &&
    message.buffer instanceof ArrayBuffer &&
    message.byteLength === message.buffer.byteLength &&
    message.byteLength > 0 &&
    message.byteLength <= PORT.maxPiece
  );
}
