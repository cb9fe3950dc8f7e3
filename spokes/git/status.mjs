/**
 * How a repository stands.
 *
 * @typedef {object} Status
 * @property {string} path
 * @property {number} changes files that differ from what is committed, new ones included
 * @property {number} ahead commits that its upstream does not have, 0 without an upstream
 * @property {number} behind
 * @property {string | null} problem why it could not be told
 */

/** @returns {Status} Reads what `git status --porcelain=v2 --branch` prints. */
export function parseStatus(/** @type {string} */ path, /** @type {string} */ text) {
  const [, ahead = '0', behind = '0'] = /^# branch\.ab \+(\d+) -(\d+)$/m.exec(text) ?? [];
  const changes = text.split('\n').filter((line) => /^[12u?] /.test(line)).length;
  return { path, changes, ahead: Number(ahead), behind: Number(behind), problem: null };
}

/** The HUD segment: how many repositories are dirty or behind, and nothing where none is. */
export function segmentOf(/** @type {readonly Status[]} */ all) {
  const dirty = all.filter(({ changes }) => changes > 0).length;
  const behind = all.filter((status) => status.behind > 0).length;
  const words = [dirty > 0 ? `${dirty} dirty` : '', behind > 0 ? `${behind} behind` : ''];
  const shown = words.filter((word) => word !== '').join(' ');
  return shown === '' ? '' : `[git:${shown}]`;
}

/** One line for people. */
export function lineOf(/** @type {Status} */ { path, changes, ahead, behind, problem }) {
  if (problem !== null) return `${path}  ${problem}`;
  const words = [
    changes > 0 ? `${changes} changed` : '',
    ahead > 0 ? `${ahead} ahead` : '',
    behind > 0 ? `${behind} behind` : '',
  ].filter((word) => word !== '');
  return `${path}  ${words.length === 0 ? 'clean' : words.join(', ')}`;
}
