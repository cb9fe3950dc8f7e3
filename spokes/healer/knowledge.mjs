/**
 * How often a remedy was tried and helped, by issue and remedy.
 *
 * @typedef {Readonly<Record<string, { readonly tried: number, readonly helped: number, readonly last: number }>>} Knowledge
 */

const KEY = 'knowledge';
const MAX_REMEDIES = 500;

/**
 * What was learnt before; nothing for what no version of this spoke wrote.
 *
 * @param {string | null} text
 * @returns {Knowledge}
 */
export function parseKnowledge(text) {
  try {
    const value = JSON.parse(text ?? '{}');
    if (value === null || typeof value !== 'object') return {};
    return Object.fromEntries(
      Object.entries(value).filter(([, one]) =>
        ['tried', 'helped', 'last'].every((key) => Number.isFinite(one?.[key])),
      ),
    );
  } catch {
    return {};
  }
}

/** @param {import('../runtime/api.mts').Axium} axium */
export async function recall(axium) {
  return parseKnowledge(await axium.storage.get(KEY));
}

/** @param {import('../runtime/api.mts').Axium} axium @param {Knowledge} knowledge */
export async function keep(axium, knowledge) {
  await axium.storage.put(KEY, JSON.stringify(knowledge));
}

/**
 * What is known once a remedy was tried; what was tried longest ago is forgotten first.
 *
 * @param {Knowledge} knowledge
 * @param {string} key
 * @param {boolean} helped
 * @param {number} now
 * @returns {Knowledge}
 */
export function learn(knowledge, key, helped, now) {
  const before = knowledge[key] ?? { tried: 0, helped: 0 };
  const after = { tried: before.tried + 1, helped: before.helped + (helped ? 1 : 0), last: now };
  const all = Object.entries({ ...knowledge, [key]: after }).sort(
    ([, one], [, other]) => other.last - one.last,
  );
  return Object.fromEntries(all.slice(0, MAX_REMEDIES));
}
