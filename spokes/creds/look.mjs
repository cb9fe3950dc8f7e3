import { parseIni } from './ini.mjs';
import { sourceOf } from './profile.mjs';
import { ssoCachePath, tokenExpiry } from './sso-cache.mjs';
import { stateOf } from './state.mjs';

/**
 * Reads what the AWS tools left on this machine and decides the state of a profile.
 *
 * @param {import('../runtime/api.mts').Axium} axium
 * @param {import('./attempt.mjs').Attempt} attempt
 * @param {string} profile
 * @param {number} now milliseconds since the epoch
 * @returns {Promise<import('./state.mjs').State>}
 */
export async function look(axium, attempt, profile, now) {
  const [credentials, config] = await Promise.all([
    read(axium, attempt, '~/.aws/credentials'),
    read(axium, attempt, '~/.aws/config'),
  ]);
  const source = sourceOf(
    { credentials: parseIni(credentials ?? ''), config: parseIni(config ?? '') },
    profile,
  );
  // Nothing found proves nothing where not everything could be read.
  if (source.kind === 'none' && (credentials === null || config === null)) return UNKNOWN;
  if (source.kind !== 'sso') return stateOf(source, null, now);
  const token = await read(axium, attempt, ssoCachePath(source.cacheName));
  return token === null ? UNKNOWN : stateOf(source, tokenExpiry(token), now);
}

/** @type {import('./state.mjs').State} */
const UNKNOWN = Object.freeze({ validity: 'unknown', expires: null });

/**
 * The text of a file, empty where there is none, null where it may or can not be read.
 *
 * @param {import('../runtime/api.mts').Axium} axium
 * @param {import('./attempt.mjs').Attempt} attempt
 * @param {string} path
 */
async function read(axium, attempt, path) {
  const outcome = await attempt(`read ${path}`, () =>
    axium.fs.read(path).catch((error) => {
      if (error.code === 'not_found') return '';
      throw error;
    }),
  );
  return outcome.ok ? outcome.value : null;
}
