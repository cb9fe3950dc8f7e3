/**
 * @typedef {object} Settings
 * @property {string} profile
 * @property {boolean} autoRefresh
 * @property {number} checkSeconds
 */

/** @type {Settings} The same as in creds.yaml, and what counts where that cannot be read. */
export const DEFAULTS = Object.freeze({ profile: 'default', autoRefresh: false, checkSeconds: 300 });

const MIN_SECONDS = 5;
/** A day: longer ones would overflow the timer before anybody wants them. */
const MAX_SECONDS = 86_400;

/**
 * Takes what the configuration says where it makes sense, and the default where it does not, with one remark for each
 * such value.
 *
 * @param {unknown} value
 * @returns {{ readonly settings: Settings, readonly remarks: readonly string[] }}
 */
export function readSettings(value) {
  /** @type {Record<string, unknown>} */
  const given = value !== null && typeof value === 'object' && !Array.isArray(value) ? { ...value } : {};
  /** @type {string[]} */
  const remarks = [];
  /**
   * @template T
   * @param {string} key
   * @param {T} fallback
   * @param {string} expected
   * @param {(value: unknown) => value is T} fits
   * @returns {T}
   */
  const take = (key, fallback, expected, fits) => {
    const found = given[key] ?? fallback;
    if (fits(found)) return found;
    remarks.push(`${key}: expected ${expected}, found ${JSON.stringify(found)}; going on with ${fallback}`);
    return fallback;
  };
  const seconds = take('check_seconds', DEFAULTS.checkSeconds, 'a number of seconds', isNumber);
  return {
    settings: {
      profile: take('profile', DEFAULTS.profile, 'the name of an AWS profile', isName),
      autoRefresh: take('auto_refresh', DEFAULTS.autoRefresh, 'true or false', isBoolean),
      checkSeconds: Math.min(MAX_SECONDS, Math.max(MIN_SECONDS, seconds)),
    },
    remarks,
  };
}

/** @returns {value is string} A name that begins with `-` would be an option to the command that it is handed to. */
const isName = (/** @type {unknown} */ value) =>
  typeof value === 'string' && /^[^-\s][^\r\n]{0,127}$/.test(value);
/** @returns {value is boolean} */
const isBoolean = (/** @type {unknown} */ value) => typeof value === 'boolean';
/** @returns {value is number} */
const isNumber = (/** @type {unknown} */ value) => typeof value === 'number' && Number.isFinite(value);
