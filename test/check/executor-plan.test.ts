import { chmodSync, cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, test } from 'vitest';
import { planExecutor } from '../../core/check/executor-plan.ts';
import type { Site } from '../../core/check/site.ts';
import { isRoot, NOT_ROOT } from '../executor/support/executor-world.ts';
import { createPowers } from '../support/powers.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';

const NODE = '/usr/bin/true';
const NATIVE = 'node_modules/@koromix/koffi-linux-x64/koffi.node';
const FILES = ['package.json', 'dist/core/executor/main.js', 'node_modules/koffi/index.js', NATIVE];

test.skipIf(isRoot)('what runs as root', ({ skip }) => skip(NOT_ROOT));

describe.runIf(isRoot)('the executor is not installed from code that somebody else could change', () => {
  let packageRoot: string;
  beforeEach(() => {
    packageRoot = `${makeTemporaryDirectory()}/axium`;
    for (const file of FILES) {
      mkdirSync(`${packageRoot}/${file}`.replace(/\/[^/]*$/, ''), { recursive: true, mode: 0o755 });
      writeFileSync(`${packageRoot}/${file}`, '', { mode: 0o644 });
    }
    cpSync('packaging', `${packageRoot}/packaging`, { recursive: true });
  });
  const problems = () =>
    planExecutor({ powers: createPowers(), packageRoot } as unknown as Site, NODE, '/nosuch').problems;

  test("that is root's alone it is", () => {
    expect(problems()).toEqual([]);
  });

  test.each(['dist', 'node_modules', 'dist/core', NATIVE])('%s', (name) => {
    chmodSync(`${packageRoot}/${name}`, 0o777);
    expect(problems()).toEqual([
      `${packageRoot}/${name}: expected that nobody but root can write to it; run chmod go-w`,
    ]);
  });

  test('what a link of root leads to', () => {
    const elsewhere = makeTemporaryDirectory();
    mkdirSync(`${elsewhere}/open/inner`, { recursive: true });
    writeFileSync(`${elsewhere}/open/inner/index.js`, '');
    symlinkSync(`${elsewhere}/open/inner`, `${packageRoot}/node_modules/koffi/lib`);
    expect(problems()).toEqual([]);
    chmodSync(`${elsewhere}/open`, 0o777);
    expect(problems()).toEqual([
      `${elsewhere}/open: expected that nobody but root can write to it; run chmod go-w`,
    ]);
  });

  test('what links go round and round', () => {
    symlinkSync('..', `${packageRoot}/node_modules/koffi/round`);
    expect(problems().join('\n')).toContain('expected fewer links');
  });
});
