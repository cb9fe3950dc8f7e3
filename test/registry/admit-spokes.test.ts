import { promises as files, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { admitSpokes } from '../../core/registry/admit-spokes.ts';
import { hashCode } from '../../core/registry/code-hash.ts';
import { parseHostPolicy } from '../../core/registry/load-host-policy.ts';
import { requireManifest } from '../../core/registry/load-manifest.ts';
import { formatProblem } from '../../core/registry/problem.ts';
import { createPowers } from '../support/powers.ts';
import { HOME } from '../support/rights.ts';
import { writeSpoke } from '../support/spoke-directory.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';

/** The names of those that may run, and why each of the others may not, under each policy and all of them. */
async function admitted(root: string, names: readonly string[], ...policies: readonly string[]) {
  const load = (name: string) => requireManifest(createPowers(), `${root}/${name}`, HOME);
  const discovery = { spokes: await Promise.all(names.map(load)), refused: [] };
  const inForce = policies.map((text) => parseHostPolicy('policy.yaml', text, HOME));
  const { spokes, refused } = await admitSpokes(files, { inForce, problems: [], closed: null }, discovery);
  return {
    run: spokes.map(({ manifest: { name } }) => name),
    refused: refused.map(({ problems }) => problems.map(formatProblem).join().replaceAll(root, '')),
  };
}

function writeSpokes(...names: readonly string[]): string {
  const root = makeTemporaryDirectory();
  for (const name of names) writeSpoke(root, name);
  return root;
}

test('without a list every spoke runs, and with one those that it names', async () => {
  const root = writeSpokes('a', 'b');
  expect(await admitted(root, ['a', 'b'], 'strict: true')).toEqual({ run: ['a', 'b'], refused: [] });
  expect(await admitted(root, ['a', 'b'], 'strict: true\nspokes: [b]')).toEqual({
    run: ['b'],
    refused: ["/a/spoke.yaml: this host does not let 'a' run: policy.yaml:2:1 names those that may"],
  });
  expect(await admitted(root, ['a', 'b'], 'spokes: []')).toMatchObject({ run: [] });
});

test('while a new version waits to be confirmed, both have to name it', async () => {
  const root = writeSpokes('a', 'b');
  expect(await admitted(root, ['a', 'b'], 'spokes: [a]', 'spokes: [a, b]')).toMatchObject({ run: ['a'] });
});

test('one that is named with a hash runs with this code alone', async () => {
  const root = writeSpokes('a');
  const hash = await hashCode(files, `${root}/a`);
  const policy = `spokes: [{name: a, sha256: ${hash}}]`;
  expect(await admitted(root, ['a'], policy)).toEqual({ run: ['a'], refused: [] });
  writeFileSync(`${root}/a/main.mjs`, 'export function register() { /* other */ }\n');
  expect(await admitted(root, ['a'], policy)).toEqual({
    run: [],
    refused: [
      `/a: expected the code that policy.yaml:1:10 names by its hash, found code of the hash ${await hashCode(files, `${root}/a`)}`,
    ],
  });
});
