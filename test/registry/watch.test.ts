import { appendFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, onTestFinished } from 'vitest';
import { watchFile } from '../../core/registry/watch.ts';
import { createPowers } from '../support/powers.ts';
import { writeTree } from '../support/spoke-directory.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';

/** Watches permissions.yaml in a directory; what comes back settles at its next change. */
async function watchIn(directory: string) {
  const file = join(directory, 'permissions.yaml');
  let told = () => {};
  const close = await watchFile(
    createPowers(),
    file,
    () => told(),
    (error) => {
      throw error;
    },
  );
  onTestFinished(close);
  return {
    /** Settles once the watcher has told of a change that this made. */
    changedBy: (change: () => void) =>
      new Promise<void>((resolve) => {
        told = resolve;
        change();
      }),
  };
}

describe('a change of permissions.yaml is told of', () => {
  it('when it is made, written, replaced by another file and removed', async () => {
    const directory = makeTemporaryDirectory();
    const file = join(directory, 'permissions.yaml');
    const { changedBy } = await watchIn(directory);
    await changedBy(() => writeFileSync(file, 'a: 1\n'));
    await changedBy(() => appendFileSync(file, 'b: 1\n'));
    writeFileSync(join(directory, 'next'), 'c: 1\n');
    await changedBy(() => renameSync(join(directory, 'next'), file));
    await changedBy(() => rmSync(file));
    await changedBy(() => writeFileSync(file, 'a: 1\n'));
  });

  it('when it is a link, and what that leads to is written', async () => {
    const directory = makeTemporaryDirectory();
    const target = join(makeTemporaryDirectory(), 'mine.yaml');
    writeFileSync(target, 'a: 1\n');
    symlinkSync(target, join(directory, 'permissions.yaml'));
    const { changedBy } = await watchIn(directory);
    await changedBy(() => writeFileSync(target, 'a: 2\n'));
  });

  it('when it is a link, and what that leads to is replaced, as editors do it', async () => {
    const directory = makeTemporaryDirectory();
    const elsewhere = makeTemporaryDirectory();
    const target = join(elsewhere, 'mine.yaml');
    writeFileSync(target, 'a: 1\n');
    symlinkSync(target, join(directory, 'permissions.yaml'));
    const { changedBy } = await watchIn(directory);
    writeFileSync(`${target}.new`, 'a: 22\n');
    await changedBy(() => renameSync(`${target}.new`, target));
  });

  it('when its directory was removed, or moved away, and another one is in its place', async () => {
    const directory = join(makeTemporaryDirectory(), 'axium');
    const file = join(directory, 'permissions.yaml');
    writeTree(directory, { 'permissions.yaml': 'a: 1\n' });
    const { changedBy } = await watchIn(directory);
    await changedBy(() => rmSync(directory, { recursive: true }));
    await changedBy(() => writeTree(directory, { 'permissions.yaml': 'a: 2\n' }));
    await changedBy(() => writeFileSync(file, 'a: 3\n'));
    await changedBy(() => renameSync(directory, `${directory}.old`));
    await changedBy(() => writeTree(directory, { 'permissions.yaml': 'a: 4\n' }));
    await changedBy(() => writeFileSync(file, 'a: 5\n'));
  });

  it('when it is a link, and leads elsewhere from now on', async () => {
    const directory = makeTemporaryDirectory();
    for (const name of ['one', 'two']) writeFileSync(join(directory, name), `${name}: 1\n`);
    symlinkSync('one', join(directory, 'permissions.yaml'));
    const { changedBy } = await watchIn(directory);
    symlinkSync('two', join(directory, 'next'));
    await changedBy(() => renameSync(join(directory, 'next'), join(directory, 'permissions.yaml')));
  });
});
