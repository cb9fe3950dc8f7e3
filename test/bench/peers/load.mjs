// Loads a package of the peers in a child of the bench.
import { createRequire } from 'node:module';

const require = createRequire(`${process.env.AXIUM_BENCH_PEERS}/package.json`);

/** @param {string} name @returns {any} */
export const load = (name) => require(name);
