// A spoke that makes so many requests a second for so many seconds, and stores how long each took: in milliseconds, by
// the clock of the spoke itself. It begins when its storage says go.
import { PLAN } from './plan.mjs';

/** @type {Record<string, (at: number) => import('../../../spokes/runtime/api.mts').WireRequest>} */
const CALLS = {
  hud: (at) => ({ cmd: 'hud_segment_value', value: `at ${at}` }),
  permissions: () => ({ cmd: 'get_permissions' }),
  read: (at) => ({ cmd: 'fs_read', path: `~/mine/${at % 8}` }),
  denied: () => ({ cmd: 'fs_read', path: '/etc/passwd' }),
  get: () => ({ cmd: 'storage_get', key: 'kept' }),
  put: (at) => ({ cmd: 'storage_put', key: 'kept', value: `value ${at}` }),
};

/** @type {import('../../../spokes/runtime/api.mts').Register} */
export function register(axium) {
  const looking = setInterval(async () => {
    if ((await axium.storage.get('go')) !== 'go') return;
    clearInterval(looking);
    await run(axium);
  }, 200);
}

let begun = false;

/** @param {import('../../../spokes/runtime/api.mts').Axium} axium */
async function run(axium) {
  if (begun) return;
  begun = true;
  const { rate, seconds, mix } = PLAN;
  /** @type {number[]} */
  const latencies = [];
  /** @type {Record<string, number>} */
  const slowest = {};
  /** @type {Record<string, number>} */
  const failures = {};
  /** @type {Promise<void>[]} */
  const pending = [];
  const one = async (/** @type {number} */ at) => {
    const kind = mix[at % mix.length] ?? 'hud';
    const began = performance.now();
    const { ok, code } = await axium.sendRequest(CALLS[kind]?.(at) ?? { cmd: 'facts' });
    const took = performance.now() - began;
    latencies.push(Math.round(took * 10) / 10);
    slowest[kind] = Math.max(slowest[kind] ?? 0, Math.round(took));
    const expected = kind === 'denied' ? code === 'denied' : ok;
    if (!expected) failures[`${kind}: ${code}`] = (failures[`${kind}: ${code}`] ?? 0) + 1;
  };
  const start = performance.now();
  let sent = 0;
  await new Promise((resolve) => {
    const pace = setInterval(() => {
      const due = Math.min(rate * seconds, Math.floor(((performance.now() - start) * rate) / 1000));
      for (; sent < due; sent += 1) pending.push(one(sent));
      if (sent < rate * seconds) return;
      clearInterval(pace);
      resolve(null);
    }, 10);
  });
  await Promise.all(pending);
  const took = performance.now() - start;
  const value = JSON.stringify({ sent, latencies, slowest, failures, took });
  await axium.sendRequest({ cmd: 'storage_put', key: 'figures', value });
}
