import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

/** A ratio that has become worse by more than this is a regression: what else the machine does moves it by less. */
const WORSE = 1.5;
/** A figure is taken anew so often before it is believed to have become worse. */
const TRIES = 3;

const BENCH = fileURLToPath(new URL('../bench/main.mjs', import.meta.url));
const KEPT = fileURLToPath(new URL('../bench/kept-figures.json', import.meta.url));

interface Figure {
  readonly name: string;
  readonly claim: string;
  readonly ratio: number;
  readonly bound: 'at most' | 'at least';
}

async function take(name: string): Promise<readonly Figure[]> {
  const words = [BENCH, '--json', '--no-peers', name];
  // It ends with 1 where a goal is missed, which is another question.
  const { stdout } = await promisify(execFile)(process.execPath, words, { maxBuffer: 16_777_216 }).catch(
    (error: { readonly stdout: string }) => error,
  );
  const last = stdout.trim().split('\n').at(-1) ?? '';
  return (JSON.parse(last) as { figures: readonly Figure[] }).figures;
}

/** How many times as bad a figure is as the one that was kept. */
const worseBy = (now: number, kept: Figure) =>
  kept.bound === 'at most' ? now / kept.ratio : kept.ratio / now;

const kept = (JSON.parse(await readFile(KEPT, 'utf8')) as { figures: readonly Figure[] }).figures;
const names = [...new Set(kept.map(({ name }) => name))];

it.for(names)('no figure of %s is worse by more than half than the one that was kept', async (name) => {
  let left = kept.filter((figure) => figure.name === name);
  const seen: string[] = [];
  for (let tries = 0; tries < TRIES && left.length > 0; tries += 1) {
    const now = await take(name);
    left = left.filter((figure) => {
      const found = now.find(({ claim }) => claim === figure.claim);
      const by = found === undefined ? Number.POSITIVE_INFINITY : worseBy(found.ratio, figure);
      if (by > WORSE) seen.push(`${figure.claim}: ${found?.ratio} in place of ${figure.ratio}`);
      return by > WORSE;
    });
  }
  expect({ worse: left.map(({ claim }) => claim), seen }).toMatchObject({ worse: [] });
});
