// What a host without any mediation costs: a child of fork() that sends back what it is sent.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const CHILD = fileURLToPath(new URL('echo-child.mjs', import.meta.url));

/** @returns {Promise<{round: (count: number, inFlight: number) => Promise<number>, stop: () => void}>} */
export async function startEcho() {
  const child = fork(CHILD, [], { execArgv: [] });
  await once(child, 'message');
  /** @type {Map<number, (answer: unknown) => void>} */
  const pending = new Map();
  child.on('message', (/** @type {{id: number}} */ answer) => {
    pending.get(answer.id)?.(answer);
    pending.delete(answer.id);
  });
  let id = 0;
  /** @param {object} fields @returns {Promise<unknown>} */
  const request = (fields) => {
    id += 1;
    const own = id;
    return new Promise((resolve) => {
      pending.set(own, resolve);
      child.send({ id: own, ...fields });
    });
  };
  return {
    round: (count, inFlight) =>
      timeRound(count, inFlight, (at) => request({ cmd: 'hud_segment_value', value: `at ${at}` })),
    stop: () => void child.kill(),
  };
}

/** Microseconds that one of so many took, so many at once. @param {number} count @param {number} inFlight @param {(at: number) => Promise<unknown>} call */
export async function timeRound(count, inFlight, call) {
  let next = 0;
  const one = async () => {
    while (next < count) {
      next += 1;
      await call(next);
    }
  };
  const began = performance.now();
  await Promise.all(Array.from({ length: inFlight }, one));
  return ((performance.now() - began) * 1000) / count;
}
