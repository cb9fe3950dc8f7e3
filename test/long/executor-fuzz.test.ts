import { expect, test } from 'vitest';
import { fuzzRequests } from '../executor/support/fuzz-requests.ts';

test('a hundred thousand connections full of hostile bytes crash no executor and have no other effect than one of its table', async () => {
  expect(await fuzzRequests(100_000)).toBeGreaterThan(0);
});
