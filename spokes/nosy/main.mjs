import { FORBIDDEN, PERMITTED } from './attempts.mjs';

/**
 * Tries one thing after another, says on stdout what came of each, and shows in the HUD how much was refused of how much
 * was tried. It asks by the wire and not by the typed calls: a refusal is what it is after.
 *
 * @type {import('../runtime/api.mts').Register}
 */
export async function register(axium) {
  let refused = 0;
  const attempts = [...FORBIDDEN, ...PERMITTED];
  for (const [what, request] of attempts) {
    const reply = await axium.sendRequest(request);
    if (!reply.ok) refused += 1;
    report(what, reply);
  }
  const value = `[nosy:${refused}/${attempts.length}]`;
  report('set its HUD segment', await axium.sendRequest({ cmd: 'hud_segment_value', value }));
}

function report(/** @type {string} */ what, /** @type {import('../runtime/api.mts').Reply} */ reply) {
  const came = reply.ok
    ? 'got through'
    : `refused (${reply.code}): ${reply.error.replaceAll(/\s*\n\s*/g, ' ')}`;
  console.log(`${what}: ${came}`);
}
