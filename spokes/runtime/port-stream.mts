import { Duplex } from 'node:stream';
import type { MessagePort } from 'node:worker_threads';
import type { PORT } from '../../schemas/port.ts';

// Typed by what the daemon keeps to: the two cannot drift apart.
const CREDITS: typeof PORT.credits = 4;
const MAX_PIECE: typeof PORT.maxPiece = 1_048_576;

type Done = (error?: Error | null) => void;

/**
 * The spoke's end of a MessagePort as the stream of bytes that a channel is. It sends only as many pieces as the daemon
 * has said it may; the daemon ends a spoke that sends more.
 */
export class PortStream extends Duplex {
  readonly #port: MessagePort;
  #mayGo: number = CREDITS;
  /** Pieces that came and are not yet credited, since nobody has read them. */
  #owed = 0;
  #outgoing: { readonly bytes: Buffer; readonly done: Done } | null = null;

  constructor(port: MessagePort) {
    super({ allowHalfOpen: false });
    this.#port = port;
    port.on('message', (message: Uint8Array | number) => this.#receive(message));
    port.on('close', () => this.push(null));
  }

  override _read(): void {
    if (this.#owed === 0) return;
    this.#port.postMessage(this.#owed);
    this.#owed = 0;
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

  #receive(message: Uint8Array | number): void {
    if (this.destroyed) return;
    if (typeof message === 'number') {
      this.#mayGo += message;
      this.#send();
      return;
    }
    this.#owed += 1;
    if (this.push(Buffer.from(message.buffer, message.byteOffset, message.byteLength))) this._read();
  }

  #send(): void {
    while (this.#outgoing !== null && this.#mayGo > 0) {
      const { bytes, done } = this.#outgoing;
      // A copy of its own: a Buffer can lie in a pool, all of which would be sent with it.
      const piece = new Uint8Array(bytes.subarray(0, MAX_PIECE));
      this.#port.postMessage(piece, [piece.buffer]);
      this.#mayGo -= 1;
      const rest = bytes.subarray(MAX_PIECE);
      this.#outgoing = rest.length > 0 ? { bytes: rest, done } : null;
      if (this.#outgoing === null) done();
    }
  }
}
