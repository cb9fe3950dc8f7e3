// An edit of permissions.yaml that concerns one spoke, with few spokes and with many.
import { atMost, built, interleave, inUs, median, ratioOf } from './support/figure.mjs';

const HOME = '/home/ada';
const EDITS = 50;

/** What an edit costs from the text of the file to the rights of every spoke. @param {number} spokes */
async function editor(spokes) {
  const { compileLayer } = await built('policy/layer');
  const { parseOverrides } = await built('registry/load-overrides');
  const { createRights } = await built('registry/rights');
  const guard = { home: HOME, neverWrite: [`${HOME}/.config/axium`] };
  const locate = () => ({ file: 'spoke.yaml', line: 1, column: 1 });
  const all = Array.from({ length: spokes }, (_, at) => {
    const fs_read = Array.from({ length: 20 }, (__, one) => `~/mine/${at}/${one}/*`);
    const block = { exec: false, notify: true, net: false, facts: false, fs_read, fs_write: [] };
    const { layer } = compileLayer({ block, source: 'base', locate, expansion: { home: HOME } });
    return { manifest: { name: `spoke-${at}` }, base: layer, directory: `/opt/${at}` };
  });
  /** @type {any} */
  let state = { inForce: null, pending: null, problems: [] };
  const rights = createRights({ strict: () => false, guard: () => guard, overrides: () => state });
  let number = 0;
  return () => {
    const began = performance.now();
    for (let edit = 0; edit < EDITS; edit += 1) {
      number += 1;
      const text = `spoke-0:\n  notify: ${number % 2 === 0}\n  fs_read: [~/other/${number % 7}]\nspoke-1:\n  exec: false\n`;
      const inForce = parseOverrides('permissions.yaml', text, { home: HOME, env: {} });
      state = { inForce, pending: null, problems: [] };
      for (const spoke of all) rights.of(spoke);
    }
    return ((performance.now() - began) * 1000) / EDITS;
  };
}

/** @param {import('./support/figure.mjs').Options} options */
export async function measure({ rounds }) {
  const [few, many] = await Promise.all([editor(2), editor(200)]);
  const taken = await interleave(rounds, { few, many });
  return [
    atMost(
      'edit of permissions.yaml with 200 spokes, to one with 2',
      ratioOf(taken.many, taken.few),
      3,
      `${inUs(median(taken.many))} to ${inUs(median(taken.few))}`,
    ),
  ];
}
