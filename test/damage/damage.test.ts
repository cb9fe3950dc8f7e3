import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Snapshot, takeSnapshot } from '../chaos/package-snapshot.ts';
import { makeTemplate, STATE_FILES, type StateFile, type Template } from './damaged-home.ts';
import { DAMAGES } from './damages.ts';
import { tryDamage } from './judge-damage.ts';

let snapshot: Snapshot;
let template: Template;

beforeAll(async () => {
  snapshot = await takeSnapshot();
  template = await makeTemplate(snapshot);
}, 60_000);

afterAll(async () => {
  await template.remove();
  await snapshot.remove();
});

const FILES = Object.keys(STATE_FILES) as StateFile[];
/** All of them, in the long run; here those that a start has most trouble with. */
const ALL = process.env.AXIUM_ALL_DAMAGES === '1';
const HERE = new Set(['a FIFO', 'a directory', 'cut in the middle']);

describe.each(FILES)('%s', (file) => {
  for (const damage of DAMAGES.filter(({ name }) => ALL || HERE.has(name))) {
    it.skipIf(damage.needsRoot && process.getuid?.() !== 0)(
      `${damage.name}: the daemon is up or says in one line why not, is no looser, and loses nothing in silence`,
      async () => {
        const { faults } = await tryDamage(template, file, damage);
        expect(faults).toEqual([]);
      },
      60_000,
    );
  }
});
