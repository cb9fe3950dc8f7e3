import type { Subject } from './subject.ts';
import type { Response } from './wire.ts';

/** The place of a request among those of its spoke that are worked on at once. */
export interface WorkPlace {
  /** Lets another request have it, while a person thinks about this one. */
  readonly leave: () => void;
  /** Settles once it has one again. */
  readonly takeAgain: () => Promise<void>;
}

/** Takes the one response to a message. */
export type Answer = (response: Response) => void;

/** A message in the outer shape that every line must have: which request, which command. The rest is not checked yet. */
export interface Message {
  readonly id: number;
  readonly cmd: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** Absent where nothing is held for it. */
  readonly place?: WorkPlace;
}

/** Takes one untrusted message to exactly one response. Never throws. */
export type Mediate = (subject: Subject, message: Message, answer: Answer) => void;
