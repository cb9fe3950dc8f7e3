/** @typedef {import('../runtime/api.mts').Axium} Axium */

const PREFIX = 'backup-';
const KEPT = 20;

/**
 * Keeps how what an action changes was before it, under a key that sorts by time; the oldest of more than twenty go.
 *
 * @param {Axium} axium
 * @param {import('./plan.mjs').Step} step
 * @param {import('../runtime/api.mts').Facts} facts
 * @param {number} now milliseconds since the epoch
 */
export async function backUp(axium, { issue, remedy }, facts, now) {
  const { cpu_governors, failed_units, generations = null } = facts;
  const before = { at: new Date(now).toISOString(), issue, remedy, cpu_governors, failed_units, generations };
  // Of one moment there can be several, of different issues.
  const key = `${PREFIX}${String(now).padStart(15, '0')}-${issue.replace(/[^A-Za-z0-9._-]/g, '_').slice(0, 80)}`;
  await axium.storage.put(key, JSON.stringify(before));
  const keys = (await axium.storage.list()).filter((key) => key.startsWith(PREFIX)).sort();
  for (const key of keys.slice(0, Math.max(0, keys.length - KEPT))) await axium.storage.delete(key);
}

/** The texts of what was kept, the oldest first. @param {Axium} axium */
export async function listBackups(axium) {
  const keys = (await axium.storage.list()).filter((key) => key.startsWith(PREFIX)).sort();
  return (await Promise.all(keys.map((key) => axium.storage.get(key)))).filter((text) => text !== null);
}
