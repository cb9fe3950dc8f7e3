import { createHash } from 'node:crypto';
import { parseTime } from './expiry.mjs';

/**
 * Where the AWS CLI keeps the token of an SSO session, given its name, or the start URL where a profile uses no session.
 *
 * @param {string} cacheName
 */
export function ssoCachePath(cacheName) {
  return `~/.aws/sso/cache/${createHash('sha1').update(cacheName).digest('hex')}.json`;
}

/**
 * When a cached token expires: milliseconds since the epoch, or null for text that holds no token.
 *
 * @param {string} text
 * @returns {number | null}
 */
export function tokenExpiry(text) {
  try {
    const { accessToken, expiresAt } = JSON.parse(text);
    return typeof accessToken === 'string' ? parseTime(expiresAt) : null;
  } catch {
    return null;
  }
}
