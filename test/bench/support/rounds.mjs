// A spoke that does a round of requests when its storage says which, and stores how long each took on average.

/** @type {Record<string, (at: number) => import('../../../spokes/runtime/api.mts').WireRequest>} */
const REQUESTS = {
  hud: (at) => ({ cmd: 'hud_segment_value', value: `at ${at}` }),
  permissions: () => ({ cmd: 'get_permissions' }),
  notify: () => ({ cmd: 'notify', title: 'a title', body: 'some text' }),
};

/** What is said to a spoke: which requests, how many, and how many of them at once. The number tells one go from the next. */
/** @typedef {{number: number, kind: string, count: number, inFlight: number}} Go */

/** @type {import('../../../spokes/runtime/api.mts').Register} */
export function register(axium) {
  let last = 0;
  const look = async () => {
    const text = await axium.storage.get('go');
    /** @type {Go | null} */
    const go = text === null ? null : JSON.parse(text);
    if (go !== null && go.number !== last) {
      last = go.number;
      const told = await round(axium, go);
      await axium.storage.put('round', JSON.stringify({ number: go.number, ...told }));
    }
    setTimeout(look, 20);
  };
  void look();
}

/**
 * @param {import('../../../spokes/runtime/api.mts').Axium} axium @param {Go} go
 * @returns {Promise<{us: number, codes: Record<string, number>}>}
 */
async function round(axium, { kind, count, inFlight }) {
  // Every other kind names a file.
  const make = REQUESTS[kind] ?? (() => ({ cmd: 'fs_read', path: `~/mine/${kind}`, encoding: 'bytes' }));
  /** @type {Record<string, number>} */
  const codes = {};
  let next = 0;
  const one = async () => {
    while (next < count) {
      next += 1;
      const reply = await axium.sendRequest(make(next));
      const code = reply.ok ? 'ok' : reply.code;
      codes[code] = (codes[code] ?? 0) + 1;
    }
  };
  const began = performance.now();
  await Promise.all(Array.from({ length: inFlight }, one));
  return { us: ((performance.now() - began) * 1000) / count, codes };
}
