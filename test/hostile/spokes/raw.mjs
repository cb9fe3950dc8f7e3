import fs from 'node:fs';

const nap = new Int32Array(new SharedArrayBuffer(4));

/** Writes bytes to the channel past the runtime, waiting where the channel is full. @param {Buffer} bytes */
export function writeRaw(bytes) {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += fs.writeSync(3, bytes, at);
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EAGAIN') throw error;
      Atomics.wait(nap, 0, 0, 1);
    }
  }
}

/** Writes such lines for ever, and reads nothing. @param {(id: number) => string} line */
export function flood(line) {
  for (let id = 1000; ; ) {
    let text = '';
    for (let n = 0; n < 64; n += 1, id += 1) text += line(id);
    writeRaw(Buffer.from(text));
  }
}

/**
 * Keeps so many requests under way for ever, and reads every answer.
 * @param {import('../../../spokes/runtime/api.mts').Axium} axium @param {number} width
 * @param {(at: number) => import('../../../spokes/runtime/api.mts').WireRequest} request
 */
export function keepAsking(axium, width, request) {
  let at = 0;
  const next = async () => {
    for (;;) {
      at += 1;
      const reply = await axium.sendRequest(request(at));
      if (reply.code === 'unavailable') return;
    }
  };
  for (let n = 0; n < width; n += 1) void next();
}

/** Writes such a line again and again, and lets the runtime read in between. @param {string} line */
export function keepWriting(line) {
  const lines = Buffer.from(line);
  const again = () => {
    writeRaw(lines);
    setImmediate(again);
  };
  setTimeout(again, 200);
}
