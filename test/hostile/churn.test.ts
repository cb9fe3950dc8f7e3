import { expect, onTestFinished, test } from 'vitest';
import { startAndStop } from './support/churn.ts';

test('a spoke that is started and stopped 20 times leaves nothing behind', async () => {
  const { before, after } = await startAndStop(20, onTestFinished);
  expect(after).toEqual(before);
}, 120_000);
