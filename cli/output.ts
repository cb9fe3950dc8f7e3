import { writeSync } from 'node:fs';

/**
 * A way to write to a descriptor at once. Most of what is written goes into a pipe or a terminal that has room for it, and to
 * make a stream of that takes longer than many a command. What does not fit goes through the stream, and so does all that
 * follows. Rejects with EPIPE once nobody reads it.
 */
export function openOutput(
  descriptor: number,
  stream: () => NodeJS.WriteStream,
): (text: string) => Promise<void> {
  let opened: NodeJS.WriteStream | null = null;
  return async (text) => {
    const rest = opened === null ? writeNow(descriptor, Buffer.from(text)) : Buffer.from(text);
    if (rest.length === 0) return;
    opened ??= ignoreItsEnd(stream());
    const to = opened;
    await new Promise<void>((resolve, reject) => {
      to.write(rest, (error) => (error ? reject(error) : resolve()));
    });
  };
}

/** A reader that has seen enough closes its end. Whoever writes is told by the call; nothing else may throw over it. */
export function ignoreItsEnd(stream: NodeJS.WriteStream): NodeJS.WriteStream {
  return stream.listenerCount('error') === 0 ? stream.on('error', () => {}) : stream;
}

/** Writes until there is no room, and returns what is left. */
function writeNow(descriptor: number, bytes: Buffer): Buffer {
  let written = 0;
  try {
    while (written < bytes.length) written += writeSync(descriptor, bytes, written);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
  }
  return bytes.subarray(written);
}
