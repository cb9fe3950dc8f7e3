// A figure is a ratio of two ways of doing the same, that took turns in one run. Times by themselves say nothing on a
// machine that others use as well.

/**
 * @typedef {object} Figure
 * @property {string} claim what is compared with what
 * @property {number} ratio
 * @property {number} goal
 * @property {'at most' | 'at least'} bound
 * @property {string} detail the times themselves, or whatever the ratio is made of
 */

/** @typedef {{quick: boolean, rounds: number, peers: boolean}} Options */

/** @param {string} claim @param {number} ratio @param {number} goal @param {string} detail @returns {Figure} */
export const atMost = (claim, ratio, goal, detail) => ({ claim, ratio, goal, bound: 'at most', detail });

/** @param {string} claim @param {number} ratio @param {number} goal @param {string} detail @returns {Figure} */
export const atLeast = (claim, ratio, goal, detail) => ({ claim, ratio, goal, bound: 'at least', detail });

/** @param {Figure} figure */
export const holds = ({ ratio, goal, bound }) => (bound === 'at most' ? ratio <= goal : ratio >= goal);

/** @param {readonly number[]} numbers */
export const median = (numbers) =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;

/**
 * Has each way take its turn in every round, beginning with another one each time. The first round fills the caches and
 * is not counted.
 * @template {string} Way
 * @param {number} rounds @param {Readonly<Record<Way, () => Promise<number> | number>>} ways
 * @returns {Promise<Record<Way, number[]>>}
 */
export async function interleave(rounds, ways) {
  const names = /** @type {Way[]} */ (Object.keys(ways));
  /** @type {any} */
  const taken = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = -1; round < rounds; round += 1) {
    const first = (round + 1) % names.length;
    for (const name of [...names.slice(first), ...names.slice(0, first)]) {
      const value = await ways[name]();
      if (round >= 0) taken[name].push(value);
    }
  }
  return taken;
}

/** The median of the ratios of each round. @param {readonly number[]} own @param {readonly number[]} base */
export const ratioOf = (own, base) => median(own.map((value, at) => value / (base[at] ?? Number.NaN)));

/** @param {number} us */
export const inUs = (us) => (us >= 10_000 ? `${(us / 1000).toFixed(0)} ms` : `${us.toFixed(1)} us`);

/** What was built, which is what is measured. @param {string} path @returns {Promise<any>} */
export const built = (path) => import(new URL(`../../../build/core/${path}.js`, import.meta.url).href);
