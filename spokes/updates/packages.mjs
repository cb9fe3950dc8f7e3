/**
 * The package managers there are: what to run, which exit codes are no failure, and the names of packages in what it prints.
 *
 * @type {readonly { readonly command: readonly string[], readonly codes: readonly number[], readonly names: (text: string) => readonly string[] }[]}
 */
export const MANAGERS = [
  {
    command: ['apt-get', '--just-print', 'upgrade'],
    codes: [0],
    names: (text) => matches(text, /^Inst (\S+)/gm),
  },
  {
    // 100 says that there are updates. What comes after an empty line is obsolete, and not updated.
    command: ['dnf', '--quiet', '--cacheonly', 'check-update'],
    codes: [0, 100],
    names: (text) => matches(text.trimStart().split(/\n\s*\n/)[0] ?? '', /^(\S+)\.\w+\s+\S+\s+\S+$/gm),
  },
  {
    // 1 says that there are none.
    command: ['pacman', '-Qu'],
    codes: [0, 1],
    names: (text) => matches(text, /^(\S+) \S+ -> \S+$/gm),
  },
];

/** The HUD segment: how many there are, and nothing for none. */
export function segmentOf(/** @type {readonly string[]} */ names) {
  return names.length === 0 ? '' : `[updates:${names.length}]`;
}

/** @returns {import('../runtime/api.mts').NoticeText | null} What to tell of updates that were not there before. */
export function noticeOf(/** @type {readonly string[]} */ names, /** @type {readonly string[]} */ before) {
  const fresh = names.filter((name) => !before.includes(name));
  if (fresh.length === 0) return null;
  const shown = fresh.slice(0, 20).join(', ');
  const more = fresh.length > 20 ? ` and ${fresh.length - 20} more` : '';
  return { title: fresh.length === 1 ? '1 update' : `${fresh.length} updates`, body: shown + more };
}

function matches(/** @type {string} */ text, /** @type {RegExp} */ pattern) {
  return [...text.matchAll(pattern)].map(([, name = '']) => name);
}
