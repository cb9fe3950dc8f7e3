import type { Message } from '../../schemas/message.ts';

export type { Message };

/** Reads one line. Null where it is not a message at all: that is a breach of the wire and not a bad request. */
export function readMessage(line: string): Message | null {
  let body: unknown;
  try {
    body = JSON.parse(line);
  } catch {
    return null;
  }
  if (body === null || typeof body !== 'object' || Array.isArray(body)) return null;
  const { id, cmd } = body as Record<string, unknown>;
  if (typeof id !== 'number' || !Number.isSafeInteger(id) || id < 0) return null;
  if (typeof cmd !== 'string' || cmd.length > 64) return null;
  return { id, cmd, body: body as Record<string, unknown> };
}
