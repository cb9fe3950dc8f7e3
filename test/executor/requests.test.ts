import { expect, test } from 'vitest';
import { fuzzRequests } from './support/fuzz-requests.ts';

test('whatever bytes come, the executor answers or says nothing, and starts nothing but what its table can make', async () => {
  expect(await fuzzRequests(2000)).toBeGreaterThan(0);
});
