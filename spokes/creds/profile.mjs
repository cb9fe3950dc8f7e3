import { keysExpiry } from './expiry.mjs';

/**
 * @typedef {{ readonly kind: 'none' }
 *   | { readonly kind: 'keys', readonly expires: number | null }
 *   | { readonly kind: 'on demand' }
 *   | { readonly kind: 'sso', readonly cacheName: string }} Source
 *   Where a profile's credentials come from. `on demand`: a program or service makes fresh ones whenever they are asked
 *   for, so no file can say that they expired. `cacheName` is what the SSO token's file is named after.
 */

const ON_DEMAND = ['credential_process', 'credential_source', 'web_identity_token_file'];

/**
 * Finds where the credentials of a profile come from, in the order in which the AWS CLI looks: a role's source profile,
 * SSO, the keys in `credentials`, and those in `config`.
 *
 * @param {{ readonly credentials: import('./ini.mjs').Ini, readonly config: import('./ini.mjs').Ini }} files
 * @param {string} profile
 * @returns {Source}
 */
export function sourceOf(files, profile) {
  return follow(files, profile, new Set());
}

/**
 * @param {Parameters<typeof sourceOf>[0]} files
 * @param {string} profile
 * @param {ReadonlySet<string>} seen profiles on the way here: a circle of them leads nowhere
 * @returns {Source}
 */
function follow(files, profile, seen) {
  if (seen.has(profile)) return { kind: 'none' };
  const settings = settingsOf(files.config, profile);
  const own = files.credentials.get(profile);
  const role = [settings, own].find((section) => section?.get('role_arn'));
  const next = role?.get('source_profile');
  // A profile may name itself: then its own keys are meant.
  if (next && next !== profile) return follow(files, next, new Set([...seen, profile]));
  const session = settings?.get('sso_session');
  if (session) {
    const known = files.config.has(`sso-session ${session}`);
    return known ? { kind: 'sso', cacheName: session } : { kind: 'none' };
  }
  const startUrl = settings?.get('sso_start_url');
  if (startUrl) return { kind: 'sso', cacheName: startUrl };
  for (const section of [own, settings]) {
    if (section?.get('aws_access_key_id') && section.get('aws_secret_access_key')) {
      return { kind: 'keys', expires: keysExpiry(section) };
    }
    if (ON_DEMAND.some((key) => section?.get(key))) return { kind: 'on demand' };
  }
  return { kind: 'none' };
}

/** In `config` every profile but the default one has `profile` before its name; that one may have it. */
function settingsOf(/** @type {import('./ini.mjs').Ini} */ config, /** @type {string} */ profile) {
  const named = config.get(`profile ${profile}`);
  return named ?? (profile === 'default' ? config.get('default') : undefined);
}
