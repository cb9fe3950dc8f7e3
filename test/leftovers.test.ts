import * as fs from 'node:fs';
import { expect, test } from 'vitest';
import { removeLeftovers, removeStorageLeftovers } from '../core/leftovers.ts';
import { removeUnfinishedWrites } from '../core/unfinished-writes.ts';
import { buildDecision, buildOutcome } from './support/audit-entries.ts';
import { createPowers } from './support/powers.ts';
import { makeTemporaryDirectory } from './support/temporary-directory.ts';

const touch = (...paths: readonly string[]) => {
  for (const path of paths) fs.writeFileSync(path, 'x');
};

test('new versions of one file that never got its name are removed, and nothing else', async () => {
  const directory = makeTemporaryDirectory();
  const others = ['a', 'a.damaged-1', 'a.b.1', 'ab.1', 'a.000000000001', 'a.1x', '.1'];
  touch(...[...others, 'a.1', 'a.4294967295'].map((name) => `${directory}/${name}`));
  await removeLeftovers(createPowers().files, `${directory}/a`);
  expect(fs.readdirSync(directory).sort()).toEqual([...others].sort());
});

test('new versions of stored values are removed, and values whose keys look like them are not', async () => {
  const root = makeTemporaryDirectory();
  fs.mkdirSync(`${root}/creds`);
  touch(
    `${root}/creds/a.value`,
    `${root}/creds/a.1.value`,
    `${root}/creds/a.value.77`,
    `${root}/creds/a.value.1.value`,
  );
  await removeStorageLeftovers(createPowers().files, root, '.value');
  expect(fs.readdirSync(`${root}/creds`).sort()).toEqual(['a.1.value', 'a.value', 'a.value.1.value']);
});

test('what a killed daemon was writing is removed beside the targets of writes without an outcome, and nowhere else', async () => {
  const root = makeTemporaryDirectory();
  const left = '.axium-0123456789abcdef.tmp';
  for (const name of ['cut', 'done', 'denied', 'read']) {
    fs.mkdirSync(`${root}/${name}`);
    touch(`${root}/${name}/${left}`, `${root}/${name}/.axium-notes.tmp`, `${root}/${name}/file`);
  }
  fs.symlinkSync('file', `${root}/cut/.axium-fedcba9876543210.tmp`);
  const write = (name: string, changed: object = {}) =>
    buildDecision({
      request: name,
      command: 'fs_write',
      action: 'fs_write',
      target: `${root}/${name}/file`,
      ...changed,
    });
  const records = [
    write('cut'),
    write('done'),
    buildOutcome({ request: 'done' }),
    write('denied', { effect: 'deny' }),
    write('read', { command: 'fs_read', action: 'fs_read' }),
  ];
  fs.writeFileSync(
    `${root}/audit.jsonl`,
    `${records.map((record) => JSON.stringify(record)).join('\n')}\n{"half`,
  );
  expect(await removeUnfinishedWrites(createPowers(), `${root}/audit.jsonl`)).toBe(1);
  expect(fs.readdirSync(`${root}/cut`).sort()).toEqual([
    '.axium-fedcba9876543210.tmp',
    '.axium-notes.tmp',
    'file',
  ]);
  for (const name of ['done', 'denied', 'read']) expect(fs.readdirSync(`${root}/${name}`)).toContain(left);
});

test('where there is no log there is nothing to remove', async () => {
  expect(await removeUnfinishedWrites(createPowers(), `${makeTemporaryDirectory()}/audit.jsonl`)).toBe(0);
});
