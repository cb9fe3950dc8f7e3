import type { MessagePort } from 'node:worker_threads';
import { MessageReader } from '../message-reader.mts';

const NEWLINE = 0x0a;

/**
 * Counts the requests of a spoke that are not answered yet, by the messages that go through its channel. To be called before
 * anybody else has the port.
 */
export function countPending(port: MessagePort): () => number {
  let pending = 0;
  const received = new MessageReader();
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
        if (message instanceof Uint8Array) {
          received.push(Buffer.from(message.buffer, message.byteOffset, message.byteLength), ({ event }) => {
            if (event === undefined) pending -= 1;
          });
        }
        listener(message);
      });
    },
  });
  return () => pending;
}
