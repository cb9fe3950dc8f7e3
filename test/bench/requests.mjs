// A request of a confined spoke, fully mediated, beside an echo that nobody mediates.
import { setTimeout as pause } from 'node:timers/promises';
import { startEcho } from './support/echo.mjs';
import { atMost, interleave, inUs, median, ratioOf } from './support/figure.mjs';
import { ROUND, startHost } from './support/host.mjs';
import { startPeers } from './support/peers.mjs';

const KINDS = /** @type {const} */ (['hud', 'permissions', 'notify']);
const NAMES = {
  hud: 'hud_segment_value',
  permissions: 'get_permissions',
  notify: 'notify, which is denied',
};
/**
 * Rounds of each kind before any is counted, and how long, by how many are in flight: all is compiled then, as in a daemon
 * that runs for days. V8 has compiled what a request runs, for good, after some hundred thousand of them, and what a turn of
 * the event loop runs, of which each may have one request alone, after some thousands.
 */
const WARM = { 64: { rounds: 12, count: 3000 }, 1: { rounds: 6, count: 1000 } };
/**
 * Milliseconds without work before each round, on either side. The daemon needs them for its limit on the rate of
 * requests; whoever has no limit would begin each round while the processor is still fast from the one before.
 */
const REST = 600;

/** @param {string} kind */
const codeOf = (kind) => (kind === 'notify' ? 'denied' : 'ok');

/** @param {() => Promise<number>} round */
const rested = (round) => () => pause(REST).then(round);

/** @param {import('./support/figure.mjs').Options} options */
export async function measure({ quick, rounds, peers: withPeers }) {
  const host = await startHost();
  const echo = await startEcho();
  const peers = withPeers && !quick ? await startPeers() : [];
  /** @type {import('./support/figure.mjs').Figure[]} */
  const figures = [];
  let level = '';
  try {
    for (const inFlight of /** @type {const} */ ([64, 1])) {
      const goal = inFlight === 64 ? 1 : 1.8;
      const count = quick ? ROUND / 2 : ROUND;
      /** @type {Record<string, (count: number) => Promise<number>>} */
      const ways = { echo: (count) => echo.round(count, inFlight) };
      for (const kind of KINDS)
        ways[kind] = (count) => host.round(kind, inFlight, { code: codeOf(kind), count });
      for (const { name, round } of peers) ways[name] = (count) => round(count, inFlight);
      const warm = WARM[inFlight];
      for (let round = 0; round < (quick ? 0 : warm.rounds); round += 1)
        for (const way of Object.values(ways)) await way(warm.count);
      const counted = Object.entries(ways).map(([name, way]) => [name, rested(() => way(count))]);
      const taken = await interleave(rounds, Object.fromEntries(counted));
      const base = taken.echo ?? [];
      const at = `${inFlight} in flight`;
      for (const kind of KINDS) {
        const own = taken[kind] ?? [];
        const detail = `${inUs(median(own))} to ${inUs(median(base))}`;
        figures.push(
          atMost(`${NAMES[kind]}, ${at}, to an echo over fork()`, ratioOf(own, base), goal, detail),
        );
      }
      for (const { name } of peers) {
        const [own, other] = [taken.hud ?? [], taken[name] ?? []];
        const detail = `${inUs(median(own))} to ${inUs(median(other))}`;
        figures.push(
          atMost(`hud_segment_value, ${at}, to ${name} unmediated`, ratioOf(own, other), 1, detail),
        );
      }
    }
  } finally {
    echo.stop();
    for (const peer of peers) await peer.stop();
    level = await host.stop();
  }
  return figures.map((figure) => ({ ...figure, detail: `${figure.detail}, confined at ${level}` }));
}
