import { closeSync, openSync, writeFileSync } from 'node:fs';
import { expect, it, onTestFinished, type TestContext } from 'vitest';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';
import { type Confinement, describeConfinement, HOLDING, PLAIN } from './support/levels.ts';
import { lookAround } from './support/look-around.ts';

const [DEVICE, SOCKET, REGULAR_FILE] = ['20000', '140000', '100000'];

/** What each open descriptor is, by the type in its mode. */
const LOOK = `
  import fs from 'node:fs';
  export function look() {
    const open = [];
    for (let fd = 0; fd < 1024; fd += 1) {
      try {
        open.push(fd + ':' + (fs.fstatSync(fd).mode & fs.constants.S_IFMT).toString(8));
      } catch {}
    }
    return open;
  }
`;

/** Looks from inside while this process holds open what no spoke may have. */
async function openDescriptors(ctx: TestContext, at: Confinement): Promise<readonly string[]> {
  const path = `${makeTemporaryDirectory()}/open-in-the-daemon`;
  writeFileSync(path, 'hunter2');
  const held = [1, 2, 3].map(() => openSync(path, 'r'));
  onTestFinished(() => held.forEach((fd) => void closeSync(fd)));
  return (await lookAround(ctx, at, { 'look.mjs': LOOK })) as readonly string[];
}

it('a plain child has open its channel and what Node opens, and no file', async (ctx) => {
  const open = await openDescriptors(ctx, PLAIN);
  expect(open.slice(0, 4)).toEqual([`0:${DEVICE}`, `1:${SOCKET}`, `2:${SOCKET}`, `3:${SOCKET}`]);
  expect(open.filter((entry) => entry.endsWith(`:${REGULAR_FILE}`))).toEqual([]);
  expect(open.slice(4).filter((entry) => entry.endsWith(`:${SOCKET}`))).toEqual([]);
});

/** How many descriptors there are of each kind. */
function countKinds(open: readonly string[]): ReadonlyMap<string, number> {
  const kinds = new Map<string, number>();
  for (const entry of open) {
    const kind = entry.slice(entry.indexOf(':') + 1);
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  return kinds;
}

for (const at of HOLDING) {
  it(`a spoke has no more descriptors of any kind than a plain child ${describeConfinement(at)}`, async (ctx) => {
    const plain = countKinds(await openDescriptors(ctx, PLAIN));
    const confined = countKinds(await openDescriptors(ctx, at));
    const more = [...confined].filter(([kind, count]) => count > (plain.get(kind) ?? 0));
    expect(confined.get(SOCKET)).toBe(3);
    expect(more).toEqual([]);
  });
}
