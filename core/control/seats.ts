import type { Socket } from 'node:net';

export interface SeatLimits {
  /** Connections at once. More than a socket's backlog holds, so that nobody is sent away for those who came with him. */
  readonly connections: number;
  /** Of these, connections whose answers wait to be read: each holds as much as an answer can be large. */
  readonly unread: number;
}

export const SEAT_LIMITS: SeatLimits = { connections: 512, unread: 64 };

/**
 * Who may stay connected where there are more than there is room for: the one that has been doing nothing for the longest
 * gives up its place, so that clients that hold connections cannot keep out somebody who has something to ask.
 */
export class Seats {
  readonly #limits: SeatLimits;
  /** Each with the longest first: a set keeps the order in which it was added to. */
  readonly #idle = new Set<Socket>();
  readonly #served = new Set<Socket>();
  readonly #unread = new Set<Socket>();

  constructor(limits: SeatLimits = SEAT_LIMITS) {
    this.#limits = limits;
  }

  /** Makes room for one more. False where everybody there is being served. */
  admit(socket: Socket): boolean {
    const { size } = this.#idle;
    if (size + this.#served.size + this.#unread.size >= this.#limits.connections && !this.#end(this.#idle))
      return false;
    socket.once('close', () => this.#leave(socket));
    this.rest(socket);
    return true;
  }

  /** It has asked for something. */
  serve(socket: Socket): void {
    this.#move(socket, this.#served);
  }

  /** Its answer cannot be sent on before it reads. */
  awaitReading(socket: Socket): void {
    if (this.#unread.size >= this.#limits.unread) this.#end(this.#unread);
    this.#move(socket, this.#unread);
  }

  /** It has asked for nothing more, or for nothing yet: half a request is none. */
  rest(socket: Socket): void {
    this.#move(socket, this.#idle);
  }

  #move(socket: Socket, to: Set<Socket>): void {
    this.#leave(socket);
    if (!socket.destroyed) to.add(socket);
  }

  #leave(socket: Socket): void {
    for (const seats of [this.#idle, this.#served, this.#unread]) seats.delete(socket);
  }

  /** Ends the connection that has been among these for the longest. */
  #end(seats: ReadonlySet<Socket>): boolean {
    const [longest] = seats;
    if (longest === undefined) return false;
    this.#leave(longest);
    longest.destroy();
    return true;
  }
}
