import { expect, onTestFinished, test } from 'vitest';
import { startAndStop } from '../hostile/support/churn.ts';

test('a spoke that is started and stopped 1,000 times leaves nothing behind', async () => {
  const { before, after, memory } = await startAndStop(1000, onTestFinished);
  console.log(`daemon, MiB, after each ten cycles: ${memory.map((mib) => mib.toFixed(0)).join(' ')}`);
  expect(after).toEqual(before);
}, 3_600_000);
