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
/** What a round uses of the limit on the rate of requests comes back in this time. Milliseconds. */
const REFILL = 1000;

/** @param {import('./support/figure.mjs').Options} options */
export async function measure({ quick, rounds, peers: withPeers }) {
  const host = await startHost();
  const echo = await startEcho();
  const peers = withPeers && !quick ? await startPeers() : [];
  /** @type {import('./support/figure.mjs').Figure[]} */
  const figures = [];
  let level = '';
  try {
    for (const inFlight of [64, 1]) {
      const goal = inFlight === 64 ? 1 : 1.8;
      /** @type {Record<string, () => Promise<number>>} */
      const ways = { echo: () => echo.round(ROUND, inFlight) };
      for (const kind of KINDS) {
        const code = kind === 'notify' ? 'denied' : 'ok';
        ways[kind] = async () => {
          await pause(REFILL / KINDS.length);
          return host.round(kind, inFlight, { code });
        };
      }
      for (const { name, round } of peers) ways[name] = () => round(ROUND, inFlight);
      const taken = await interleave(rounds, ways);
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
