/**
 * @typedef {object} Settings
 * @property {number} check_seconds
 * @property {boolean} auto
 * @property {number} settle_seconds
 * @property {number} retry_seconds
 * @property {number} disk_free_percent
 * @property {number} memory_available_percent
 * @property {number} pressure_percent
 * @property {number} load_per_cpu
 * @property {number} rollback_days
 */

/** @type {Settings} The same as in healer.yaml, and what counts where that cannot be read. */
export const DEFAULTS = Object.freeze({
  check_seconds: 60,
  auto: false,
  settle_seconds: 30,
  retry_seconds: 3600,
  disk_free_percent: 10,
  memory_available_percent: 5,
  pressure_percent: 40,
  load_per_cpu: 2,
  rollback_days: 25,
});

/** The least that makes sense, and the most: a day, or all there is. */
const BOUNDS = /** @type {Readonly<Record<string, readonly [number, number]>>} */ ({
  check_seconds: [10, 86_400],
  settle_seconds: [0, 3600],
  retry_seconds: [0, 604_800],
});

/**
 * Takes what the configuration says where it makes sense, and the default where it does not, with a remark for each such
 * value.
 *
 * @param {unknown} value
 * @returns {{ readonly settings: Settings, readonly remarks: readonly string[] }}
 */
export function readSettings(value) {
  const given = value !== null && typeof value === 'object' ? Object.entries(value) : [];
  /** @type {Record<string, unknown>} */
  const settings = { ...DEFAULTS };
  /** @type {string[]} */
  const remarks = [];
  for (const [key, found] of given) {
    if (!Object.hasOwn(DEFAULTS, key)) remarks.push(`${key}: there is no such setting`);
    else if (typeof found !== typeof settings[key] || Number.isNaN(found))
      remarks.push(`${key}: expected a ${typeof settings[key]}, found ${JSON.stringify(found)}`);
    else settings[key] = typeof found === 'number' ? within(found, BOUNDS[key]) : found;
  }
  return { settings: /** @type {Settings} */ (/** @type {unknown} */ (settings)), remarks };
}

/** @param {number} value @param {readonly [number, number]} [bounds] */
function within(value, [least, most] = [0, 1_000_000]) {
  return Math.min(most, Math.max(least, value));
}
