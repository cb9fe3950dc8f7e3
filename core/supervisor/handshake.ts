import { HANDSHAKE, type Response, type Start } from '../../schemas/wire.ts';
import type { Message } from '../channel/message.ts';

/** What a handshake message means for the spoke's life. */
export type Greeting =
  | { readonly kind: 'hello' }
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly error: string }
  | { readonly kind: 'malformed' };

/** Reads a message that belongs to the handshake; null for every other. */
export function readGreeting({ cmd, body }: Message): Greeting | null {
  if (!Object.hasOwn(HANDSHAKE, cmd)) return null;
  const parsed = HANDSHAKE[cmd as keyof typeof HANDSHAKE].safeParse(body);
  if (!parsed.success) return { kind: 'malformed' };
  return parsed.data.cmd === 'failed'
    ? { kind: 'failed', error: parsed.data.error }
    : { kind: parsed.data.cmd };
}

/** The answer to `hello`: what to run, and as whom. */
export function startReply(id: number, start: Start): Response {
  return { id, ok: true, start };
}
