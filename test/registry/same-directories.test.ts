import { mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import * as files from 'node:fs/promises';
import { expect, test } from 'vitest';
import { decideStrictest, type Query } from '../../core/policy/decide.ts';
import { rememberDirectories } from '../../core/registry/same-directories.ts';
import { watchOverrides } from '../support/overrides-file.ts';
import { askPath, askPlain } from '../support/queries.ts';
import { compileManifest, manifestText } from '../support/rights.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';

const SPOKE = compileManifest(manifestText('notify: true'));
const QUESTIONS: Readonly<Record<string, Query>> = {
  notify: askPlain('notify'),
  'read /a': askPath('fs_read', '/a'),
  'read /b': askPath('fs_read', '/b'),
};

function linkedConfig() {
  const root = makeTemporaryDirectory();
  for (const name of ['mine', 'theirs']) mkdirSync(`${root}/${name}/config`, { recursive: true });
  symlinkSync('mine', `${root}/link`);
  return { root, config: `${root}/link/config` };
}

function exchangeLink(root: string, to: string): void {
  unlinkSync(`${root}/link`);
  symlinkSync(to, `${root}/link`);
}

test('a directory is the same however it is moved, and another one once a link on the way leads elsewhere', async () => {
  const { root, config } = linkedConfig();
  const findExchanged = await rememberDirectories(files, [root, config]);
  expect(await findExchanged()).toBeNull();
  renameSync(`${root}/mine`, `${root}/moved`);
  exchangeLink(root, 'moved');
  expect(await findExchanged()).toBeNull();
  exchangeLink(root, 'theirs');
  expect(await findExchanged()).toMatchObject({ origin: { file: config } });
  rmSync(`${root}/theirs`, { recursive: true });
  expect(await findExchanged()).toMatchObject({ origin: { file: config } });
});

test('what a permissions.yaml in an exchanged directory takes away counts, and what it adds never does', async () => {
  const { root, config } = linkedConfig();
  writeFileSync(`${config}/permissions.yaml`, 'creds:\n  fs_read: [/a]\n');
  const watched = watchOverrides(config, {}, await rememberDirectories(files, [config]));
  await watched.settle();
  const allowed = () =>
    Object.keys(QUESTIONS).filter(
      (what) => decideStrictest(watched.policiesOf(SPOKE), QUESTIONS[what] as Query).effect === 'allow',
    );
  expect(allowed()).toEqual(['notify', 'read /a']);
  writeFileSync(`${root}/theirs/config/permissions.yaml`, 'creds:\n  notify: false\n  fs_read: [/b]\n');
  exchangeLink(root, 'theirs');
  for (let looks = 0; looks < 3; looks += 1) expect(await watched.settle()).toEqual([]);
  expect(allowed()).toEqual([]);
  exchangeLink(root, 'mine');
  await watched.settle();
  expect(allowed()).toEqual(['notify', 'read /a']);
});
