/** @typedef {import('../runtime/api.mts').Axium} Axium */

/**
 * What outlives a restart, so that nobody is told twice and asked twice.
 *
 * @typedef {object} Memory
 * @property {string} profile
 * @property {import('./state.mjs').Validity | null} validity the last that was known, null for none
 * @property {number | null} refreshedFor the expiry for which a login was asked last
 */

const KEY = 'last';

/** @returns {Memory} */
export function emptyMemory(/** @type {string} */ profile) {
  return { profile, validity: null, refreshedFor: null };
}

/**
 * What was kept, or null for nothing, and for what no version of this spoke wrote.
 *
 * @param {Axium} axium
 * @returns {Promise<Memory | null>}
 */
export async function recall(axium) {
  return parseMemory(await axium.storage.get(KEY));
}

/** @returns {Memory | null} */
export function parseMemory(/** @type {string | null} */ text) {
  try {
    const { profile, validity, refreshedFor } = JSON.parse(text ?? '{}');
    const known = typeof profile === 'string' && [null, 'valid', 'expired', 'missing'].includes(validity);
    return known
      ? { profile, validity, refreshedFor: Number.isFinite(refreshedFor) ? refreshedFor : null }
      : null;
  } catch {
    return null;
  }
}

/** @returns {Promise<void>} */
export function keep(/** @type {Axium} */ axium, /** @type {Memory} */ memory) {
  return axium.storage.put(KEY, JSON.stringify(memory));
}
