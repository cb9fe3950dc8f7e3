/** @typedef {import('../runtime/api.mts').Facts['disks'][number]} Disk */

/**
 * How full a file system is, in whole per cent.
 *
 * @typedef {object} Usage
 * @property {string} mount
 * @property {number} space
 * @property {number} inodes
 */

/** @returns {Usage} One that has no inodes to count, as btrfs, uses none of them. */
export function usageOf(/** @type {Disk} */ { mount, total, free, inodes, inodes_free: inodesFree }) {
  return { mount, space: percent(total, free), inodes: percent(inodes, inodesFree) };
}

/** The fuller of the two counts. */
export function fullest(/** @type {Usage} */ { space, inodes }) {
  return Math.max(space, inodes);
}

/** The HUD segment: the fullest file system, or nothing while all are below the mark. */
export function segmentOf(/** @type {readonly Usage[]} */ usages, /** @type {number} */ mark) {
  const most = Math.max(0, ...usages.map(fullest));
  return most >= mark ? `[disk:${most}%]` : '';
}

/** One line for people. */
export function lineOf(/** @type {Usage} */ { mount, space, inodes }) {
  return `${mount}  ${space}% of the space, ${inodes}% of the inodes`;
}

function percent(/** @type {number} */ total, /** @type {number} */ free) {
  return total > 0 ? Math.min(100, Math.max(0, Math.ceil(((total - free) / total) * 100))) : 0;
}
