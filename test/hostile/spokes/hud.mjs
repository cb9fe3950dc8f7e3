// Sets its HUD text as fast as it can.
import { keepAsking } from './raw.mjs';

/** @type {import('../../../spokes/runtime/api.mts').Register} */
export function register(axium) {
  keepAsking(axium, 64, (at) => ({ cmd: 'hud_segment_value', value: `at ${at}` }));
}
