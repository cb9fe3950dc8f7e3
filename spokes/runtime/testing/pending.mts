import type { MessagePort } from 'node:worker_threads';

const NEWLINE = 0x0a;

/**
 * Counts the requests of a spoke that are not answered yet, by the lines that go through its channel. To be called before
 * anybody else has the port.
 */
export function countPending(port: MessagePort): () => number {
  let pending = 0;
  const received = new LineSplitter((line) => {
    if (!line.startsWith('{"event":')) pending -= 1;
  });
  const post = port.postMessage.bind(port);
  const on = port.on.bind(port);
  Object.assign(port, {
    postMessage(message: unknown, transfer: []) {
      if (message instanceof Uint8Array) pending += message.filter((byte) => byte === NEWLINE).length;
      post(message, transfer);
    },
    on(name: string, listener: (message: unknown) => void) {
      if (name !== 'message') return on(name, listener);
      return on('message', (message: unknown) => {
        if (message instanceof Uint8Array) received.push(message);
        listener(message);
      });
    },
  });
  return () => pending;
}

class LineSplitter {
  readonly #onLine: (line: string) => void;
  readonly #decoder = new TextDecoder();
  #rest = '';

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  push(bytes: Uint8Array): void {
    const lines = (this.#rest + this.#decoder.decode(bytes, { stream: true })).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#onLine(line);
  }
}
