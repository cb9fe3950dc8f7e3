// The hostile spokes of this folder: what each is allowed, and why it is worth trying. Both the tests and the bench run
// them beside spokes that behave.

/** Five characters each, so that ten thousand of them fit into a manifest. */
const PATTERNS = Array.from({ length: 10_000 }, (_, at) => `/${(at + 46_656).toString(36).slice(-3)}`);

/**
 * @typedef {object} Attack
 * @property {string} permissions what stands in its manifest
 * @property {boolean} [ends] whether it is ended for it
 */

/** By the name of the spoke's file. @type {Readonly<Record<string, Attack>>} */
export const ATTACKS = {
  'never-reads': { permissions: '' },
  'tiny-requests': { permissions: '' },
  'huge-lines': { permissions: '' },
  'deep-json': { permissions: '', ends: true },
  'many-keys': { permissions: '', ends: true },
  'many-values': { permissions: '' },
  'byte-a-second': { permissions: '' },
  'endless-line': { permissions: '', ends: true },
  'slow-reads': { permissions: 'permissions:\n  fs_read: [~/big]\n' },
  'unread-bytes': { permissions: 'permissions:\n  fs_read: [~/big]\n' },
  forks: { permissions: 'permissions:\n  exec: true\n' },
  'many-commands': { permissions: 'permissions:\n  exec: true\n' },
  'storage-churn': { permissions: '' },
  'many-patterns': { permissions: `permissions:\n  fs_read: [${PATTERNS.join(',')}]\n` },
  'permissions-list': { permissions: `permissions:\n  fs_read: [${PATTERNS.join(',')}]\n` },
  reload: { permissions: `permissions:\n  fs_read: [${PATTERNS.join(',')}]\n` },
  prints: { permissions: '' },
  hud: { permissions: '' },
  notify: { permissions: 'permissions:\n  notify: true\n' },
  denied: { permissions: '' },
  writes: { permissions: 'permissions:\n  fs_write: [~/mine/*]\n' },
  facts: { permissions: 'permissions:\n  facts: true\n' },
};
