import type { Failure, Response } from '../../schemas/wire.ts';
import { encodeAnswer, encodeLine } from './framing.ts';

/**
 * The parts of an answer, to be written one after the other with nothing between them. One of more than `maxReply` bytes
 * becomes an error of the same id.
 */
export function encodeReply(response: Response, maxReply: number): readonly (string | Uint8Array)[] {
  const [line, follows] = encodeAnswer(response);
  if (follows !== undefined && line.length * 3 + follows.length <= maxReply) return joined(line, follows);
  // A character is at most three bytes, so that only a long line has to be counted; it is then sent as it was counted.
  if (follows === undefined && line.length * 3 <= maxReply) return [line];
  const bytes = follows === undefined && line.length <= maxReply ? Buffer.from(line) : null;
  if (bytes !== null && bytes.length <= maxReply) return [bytes];
  const error = 'the answer is too large for one line; ask for less at once';
  return [encodeLine({ id: response.id, ok: false, code: 'too_large', error } satisfies Failure)];
}

/** So many bytes are copied behind their line: the stream writes one piece faster than two. */
const FEW = 65_536;

function joined(line: string, follows: Uint8Array): readonly (string | Uint8Array)[] {
  return follows.length > FEW ? [line, follows] : [Buffer.concat([Buffer.from(line), follows])];
}
