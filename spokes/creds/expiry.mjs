const KEYS = ['x_security_token_expires', 'aws_expiration', 'expiration'];

/**
 * When a set of keys expires: milliseconds since the epoch, or null where nothing says so. Keys without a session token
 * are static and never expire, whatever an older tool may have left beside them.
 *
 * @param {ReadonlyMap<string, string>} section
 * @returns {number | null}
 */
export function keysExpiry(section) {
  if (!section.get('aws_session_token')) return null;
  const known = KEYS.map((key) => parseTime(section.get(key))).filter((time) => time !== null);
  return known.length > 0 ? Math.min(...known) : null;
}

/**
 * A moment as the AWS tools write it, RFC 3339 or nearly: a blank for the `T`, `UTC` for the `Z`, or no zone at all,
 * which means UTC. Null for anything else.
 *
 * @param {unknown} text
 * @returns {number | null}
 */
export function parseTime(text) {
  const found =
    /^\s*(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)\s*(Z|UTC|[+-]\d\d:?\d\d)?\s*$/i.exec(
      typeof text === 'string' ? text : '',
    );
  if (!found) return null;
  const [, day, time, zone = 'Z'] = found;
  const offset = /^[+-]/.test(zone) ? zone.replace(/^(...)(\d\d)$/, '$1:$2') : 'Z';
  const parsed = Date.parse(`${day}T${time}${offset}`);
  return Number.isNaN(parsed) ? null : parsed;
}
