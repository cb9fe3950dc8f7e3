import type { Answer, WorkPlace } from '../../schemas/message.ts';
import type { Response } from '../../schemas/wire.ts';
import { encodeReply } from './encode-reply.ts';
import type { ChannelLimits, TokenBucket } from './limits.ts';
import type { Message } from './message.ts';
import type { Outgoing } from './outgoing.ts';
import { Slots } from './slots.ts';

/** What answers the requests of one channel. */
export interface Served {
  readonly limits: ChannelLimits;
  /** Commands that hold a file or a large reply while they are worked on. */
  readonly isHeavy: (cmd: string) => boolean;
  /** Of the heavy ones those that wait for the disk itself: they keep one another waiting, and none that only reads. */
  readonly isStoring?: (cmd: string) => boolean;
  /** Has one request answered once. Never throws. Whoever made the channel knows whose it is; the message does not say. */
  readonly serve: (message: Message, answer: Answer) => void;
  /** The reply to a heavy command has left, or never will. */
  readonly onLeft?: (message: Message) => void;
}

/** The requests of one channel that are worked on: from when each is taken until it is answered. */
export class InFlight {
  readonly #served: Served;
  readonly #outgoing: Pick<Outgoing, 'write' | 'left'>;
  readonly #bucket: TokenBucket;
  readonly #onRoom: () => void;
  /** Of heavy requests, by what they keep waiting. */
  readonly #slots: Readonly<Record<'reading' | 'storing', Slots>>;
  /** How a request that waits for a person gives up its slot: many that wait keep no other from being taken. */
  readonly #places: Readonly<Record<'light' | 'reading' | 'storing', WorkPlace>>;
  #count = 0;
  #open = true;

  /** `bucket` pays for long answers. `onRoom` is called when another request may be taken. */
  constructor(
    served: Served,
    outgoing: Pick<Outgoing, 'write' | 'left'>,
    bucket: TokenBucket,
    onRoom: () => void,
  ) {
    this.#served = served;
    this.#outgoing = outgoing;
    this.#bucket = bucket;
    this.#onRoom = onRoom;
    const { heavyInFlight } = served.limits;
    this.#slots = { reading: new Slots(heavyInFlight), storing: new Slots(heavyInFlight) };
    this.#places = {
      light: this.#place(null),
      reading: this.#place(this.#slots.reading),
      storing: this.#place(this.#slots.storing),
    };
  }

  get count(): number {
    return this.#count;
  }

  take({ id, cmd, body }: Message): void {
    this.#count += 1;
    if (this.#served.isHeavy(cmd)) {
      const kind = this.#served.isStoring?.(cmd) ? 'storing' : 'reading';
      void this.#answerHeavy({ id, cmd, body, place: this.#places[kind] }, this.#slots[kind]);
      return;
    }
    const message: Message = { id, cmd, body, place: this.#places.light };
    this.#served.serve(message, (response) => {
      this.#reply(response);
      this.#over();
    });
  }

  /** Nothing more is begun. */
  close(): void {
    this.#open = false;
  }

  async #answerHeavy(message: Message, slots: Slots): Promise<void> {
    await slots.take();
    // Its turn came after the end: nothing more is begun for it.
    if (!this.#open) {
      slots.free();
      return;
    }
    this.#reply(await new Promise((answer) => this.#served.serve(message, answer)));
    // A slot is free again when the reply has left, so that replies nobody reads cannot pile up.
    await this.#outgoing.left();
    this.#served.onLeft?.(message);
    slots.free();
    this.#over();
  }

  #reply(response: Response): void {
    const { maxReply, bytesEach } = this.#served.limits;
    let length = 0;
    for (const part of encodeReply(response, maxReply)) {
      length += part.length;
      this.#outgoing.write(part);
    }
    this.#bucket.spend(Math.floor(length / bytesEach));
  }

  #over(): void {
    this.#count -= 1;
    this.#onRoom();
  }

  #place(slots: Slots | null): WorkPlace {
    return {
      leave: () => {
        this.#count -= 1;
        slots?.free();
        this.#onRoom();
      },
      takeAgain: async () => {
        this.#count += 1;
        await slots?.take();
      },
    };
  }
}
