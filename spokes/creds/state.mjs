/**
 * @typedef {'valid' | 'expired' | 'missing' | 'unknown'} Validity `unknown`: what would tell could not be read.
 * @typedef {{ readonly validity: Validity, readonly expires: number | null }} State `expires` in milliseconds since the
 *   epoch, null where nothing says so.
 */

/**
 * Decides from what was found out about a profile whether its credentials can be used now.
 *
 * @param {import('./profile.mjs').Source} source
 * @param {number | null} tokenExpires when the SSO token expires, null where there is none
 * @param {number} now milliseconds since the epoch
 * @returns {State}
 */
export function stateOf(source, tokenExpires, now) {
  switch (source.kind) {
    case 'none':
      return { validity: 'missing', expires: null };
    case 'on demand':
      return { validity: 'valid', expires: null };
    case 'keys':
      return until(source.expires, now);
    case 'sso':
      return tokenExpires === null ? { validity: 'missing', expires: null } : until(tokenExpires, now);
  }
}

/** @returns {State} */
function until(/** @type {number | null} */ expires, /** @type {number} */ now) {
  return { validity: expires !== null && expires <= now ? 'expired' : 'valid', expires };
}

/** The HUD segment: Y only for credentials that are known to be good. */
export function segmentOf(/** @type {State} */ { validity }) {
  return validity === 'valid' ? '[creds:Y]' : '[creds:N]';
}

/**
 * What to tell the user when the state of a profile has become this one, or null where it is not worth a word.
 *
 * @param {State} state
 * @param {Validity | null} before the last known validity, null where there was none
 * @param {string} profile
 * @returns {import('../runtime/api.mts').NoticeText | null}
 */
export function noticeOf({ validity }, before, profile) {
  if (validity === before) return null;
  switch (validity) {
    case 'expired':
      return {
        title: 'Credentials expired',
        body: "Run: aws sso login or 'axium creds refresh'",
        level: 'warning',
      };
    case 'missing':
      return {
        title: 'Credentials missing',
        body: `No AWS credentials found for profile '${profile}'`,
        level: 'warning',
      };
    case 'valid':
      return before === null
        ? null
        : { title: 'Credentials valid again', body: `Profile '${profile}'`, level: 'success' };
    case 'unknown':
      return null;
  }
}
