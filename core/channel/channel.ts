import type { Duplex } from 'node:stream';
import type { Event } from '../../schemas/wire.ts';
import type { Clock } from '../powers.ts';
import { ChannelFault } from './fault.ts';
import { encodeLine } from './framing.ts';
import { InFlight, type Served } from './in-flight.ts';
import { Incoming } from './incoming.ts';
import { TokenBucket } from './limits.ts';
import { Outgoing } from './outgoing.ts';
import { Turns } from './turns.ts';

export interface ChannelInput extends Served {
  /** Where it can tell of a breach itself, it is destroyed with a ChannelFault. */
  readonly stream: Duplex;
  readonly clock: Clock;
  /** Shared with the other channels, so that it settles whose request is next. One alone needs none. */
  readonly turns?: Turns;
  /** The rules of the wire were broken: the channel is closed already, the spoke is to be ended. */
  readonly onBreach: (what: string) => void;
  readonly onClose: () => void;
}

/**
 * The line to one spoke, by the stages of a request: its line comes in, it is in flight, its answer goes out. It takes no
 * more than the limits let it, by not reading; what it holds for one spoke is bounded whatever the spoke sends or leaves
 * unread.
 */
export class Channel {
  readonly #input: ChannelInput;
  readonly #incoming: Incoming;
  readonly #inFlight: InFlight;
  readonly #outgoing: Outgoing;
  #open = true;

  constructor(input: ChannelInput) {
    const { stream, limits, clock, turns = new Turns() } = input;
    this.#input = input;
    const bucket = new TokenBucket(limits, clock.monotonic());
    const outgoing = new Outgoing(stream, clock);
    const inFlight = new InFlight(input, outgoing, bucket, () => this.#incoming.goOn());
    const onBreach = (what: string) => this.#breach(what);
    this.#incoming = new Incoming({ stream, limits, clock, turns, bucket, inFlight, outgoing, onBreach });
    this.#inFlight = inFlight;
    this.#outgoing = outgoing;
    stream.on('data', (bytes: Buffer) => this.#incoming.receive(bytes));
    stream.on('drain', () => {
      outgoing.drained();
      this.#incoming.goOn();
    });
    // A spoke that goes away while it is written to is no error of ours; 'close' follows.
    stream.on('error', (error) => {
      if (error instanceof ChannelFault) this.#breach(error.message);
    });
    stream.on('close', () => this.#closed());
    stream.on('end', () => this.#ended());
  }

  /** Sends a line that was not asked for. */
  send(event: Event): void {
    this.#outgoing.write(encodeLine(event));
  }

  /** Settles once little enough is left to be read that more may follow, and at the end of the channel. */
  whenRead(): Promise<void> {
    return this.#outgoing.whenRead(this.#input.limits.unread);
  }

  close(): void {
    if (!this.#open) return;
    this.#closeStages();
    this.#input.stream.destroy();
  }

  /** Nothing more comes. What came before, such as why a spoke has failed, need not wait for its turn. */
  #ended(): void {
    this.#incoming.finish();
    this.close();
  }

  #closed(): void {
    this.#closeStages();
    this.#outgoing.closed();
    this.#input.onClose();
  }

  #closeStages(): void {
    this.#open = false;
    this.#incoming.close();
    this.#inFlight.close();
    this.#outgoing.close();
  }

  #breach(what: string): void {
    if (!this.#open) return;
    this.close();
    this.#input.onBreach(what);
  }
}
