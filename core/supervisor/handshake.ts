import type { Message } from '../../schemas/message.ts';
import { HANDSHAKE } from '../../schemas/wire.ts';

/** What a message means for whoever holds the line. */
export type Step =
  | { readonly kind: 'request' }
  | { readonly kind: 'hello' }
  | { readonly kind: 'ready' }
  | { readonly kind: 'alive' }
  | { readonly kind: 'failed'; readonly error: string }
  | { readonly kind: 'breach'; readonly what: string };

/**
 * Follows the order that the wire demands: hello, then requests, and once either ready or failed. A sign of life can come
 * at any time after hello.
 */
export class Handshake {
  #stage: 'silent' | 'greeted' | 'ready' = 'silent';

  read({ cmd, body }: Message): Step {
    if (!Object.hasOwn(HANDSHAKE, cmd)) {
      return this.#stage === 'silent' ? breach('a request came before hello') : { kind: 'request' };
    }
    const parsed = HANDSHAKE[cmd as keyof typeof HANDSHAKE].safeParse(body);
    if (!parsed.success) return breach(`${cmd} does not have the documented shape`);
    const greeting = parsed.data;
    if (greeting.cmd === 'hello') {
      if (this.#stage !== 'silent') return breach('hello came twice');
      this.#stage = 'greeted';
      return { kind: 'hello' };
    }
    if (this.#stage === 'silent') return breach(`${greeting.cmd} came before hello`);
    if (greeting.cmd === 'alive') return { kind: 'alive' };
    if (greeting.cmd === 'ready') {
      if (this.#stage === 'ready') return breach('ready came twice');
      this.#stage = 'ready';
      return { kind: 'ready' };
    }
    if (this.#stage === 'ready') return breach('failed came after ready');
    return { kind: 'failed', error: greeting.error };
  }
}

function breach(what: string): Step {
  return { kind: 'breach', what };
}
