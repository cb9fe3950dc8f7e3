import { appendFileSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { TreeWatch } from '../../core/registry/watch-tree.ts';
import { until } from '../jobs/support/processes.ts';
import { createPowers } from '../support/powers.ts';
import { writeTree } from '../support/spoke-directory.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';

/** Watches a directory that holds a spoke; the clock is the test's. */
async function watched() {
  const above = makeTemporaryDirectory();
  const root = writeTree(join(above, 'spokes'), { 'creds/main.mjs': '1', 'creds/lib/a.mjs': '1' });
  const powers = createPowers();
  let told = 0;
  const watch = new TreeWatch({
    powers,
    onChange: () => {
      told += 1;
    },
    onError: (error) => {
      throw error;
    },
  });
  onTestFinished(() => watch.close());
  await watch.follow([root]);
  // What is watched newly may just have changed.
  powers.clock.advance(300);
  expect(told).toBe(1);
  const isArmed = () => powers.clock.waits().length > 0;
  return {
    root,
    above,
    powers,
    told: () => told,
    follow: () => watch.follow([root]),
    /** Settles once the watcher has told of a change that this made. */
    async changedBy(change: () => void) {
      const before = told;
      change();
      await until(isArmed);
      powers.clock.advance(3000);
      expect(told).toBeGreaterThan(before);
    },
    isArmed,
  };
}

it('tells of a file that is written, made, removed or replaced, in a directory below as well', async () => {
  const { root, changedBy } = await watched();
  await changedBy(() => appendFileSync(join(root, 'creds/main.mjs'), '2'));
  await changedBy(() => writeFileSync(join(root, 'creds/lib/b.mjs'), '1'));
  await changedBy(() => renameSync(join(root, 'creds/lib/b.mjs'), join(root, 'creds/lib/a.mjs')));
  await changedBy(() => rmSync(join(root, 'creds/lib/a.mjs')));
});

it('tells of a directory that is new, and of what is in it once it was looked at again', async () => {
  const { root, follow, powers, changedBy } = await watched();
  await changedBy(() => mkdirSync(join(root, 'aws/lib'), { recursive: true }));
  await follow();
  powers.clock.advance(300);
  await changedBy(() => writeFileSync(join(root, 'aws/lib/a.mjs'), '1'));
});

it('tells of a tree that is moved away, and of another one in its place', async () => {
  const { root, above, follow, powers, changedBy } = await watched();
  await changedBy(() => renameSync(root, join(above, 'old')));
  await follow();
  powers.clock.advance(300);
  await changedBy(() => writeTree(root, { 'creds/main.mjs': '2' }));
  await follow();
  powers.clock.advance(300);
  await changedBy(() => appendFileSync(join(root, 'creds/main.mjs'), '3'));
});

it('passes over what editors and version control leave for a moment, and what lies beside a root', async () => {
  const heard = new Map<string, (name: string | null) => void>();
  const powers = createPowers({
    watchDirectory(path, onEvent) {
      heard.set(path, onEvent);
      return () => {};
    },
  });
  const root = writeTree(join(makeTemporaryDirectory(), 'spokes'), { 'main.mjs': '1' });
  const watch = new TreeWatch({ powers, onChange: () => {}, onError: () => {} });
  await watch.follow([root]);
  powers.clock.advance(300);
  for (const name of ['.main.mjs.swp', 'main.mjs~', '#main.mjs#', '.#main.mjs', '4913', 'x.tmp', '.git']) {
    heard.get(root)?.(name);
    expect([name, powers.clock.waits()]).toEqual([name, []]);
  }
  heard.get(dirname(root))?.('beside');
  expect(powers.clock.waits()).toEqual([]);
  for (const [directory, name] of [
    [root, 'main.mjs'],
    [root, null],
    [dirname(root), 'spokes'],
  ] as const) {
    heard.get(directory)?.(name);
    expect(powers.clock.waits()).toEqual([300]);
    powers.clock.advance(300);
  }
});

it('waits until nothing more changes for 300 ms, but not for longer than three seconds', async () => {
  let change = () => {};
  const powers = createPowers({
    watchDirectory(_path, onEvent) {
      change = () => onEvent('main.mjs');
      return () => {};
    },
  });
  const told: number[] = [];
  const onChange = () => told.push(powers.clock.monotonic());
  const watch = new TreeWatch({ powers, onChange, onError: () => {} });
  await watch.follow([makeTemporaryDirectory()]);
  powers.clock.advance(299);
  expect(told).toEqual([]);
  powers.clock.advance(1);
  expect(told).toEqual([300]);
  for (let changes = 0; changes < 20; changes += 1) {
    change();
    powers.clock.advance(200);
  }
  expect(told.slice(0, 2)).toEqual([300, 3300]);
  watch.close();
  change();
  expect(powers.clock.waits()).toEqual([]);
});

it('leaves no watch and no alarm behind when it is closed', async () => {
  const opened: string[] = [];
  const real = createPowers();
  const powers = createPowers({
    watchDirectory(path, onEvent, onError) {
      const close = real.watchDirectory(path, onEvent, onError);
      opened.push(path);
      return () => {
        opened.splice(opened.indexOf(path), 1);
        close?.();
      };
    },
  });
  const root = writeTree(join(makeTemporaryDirectory(), 'spokes'), { 'creds/lib/a.mjs': '1' });
  const watch = new TreeWatch({ powers, onChange: () => {}, onError: () => {} });
  await watch.follow([root]);
  expect(opened).toHaveLength(4);
  rmSync(join(root, 'creds/lib'), { recursive: true });
  await watch.follow([root]);
  expect(opened).toHaveLength(3);
  watch.close();
  expect([opened, powers.clock.waits()]).toEqual([[], []]);
});
