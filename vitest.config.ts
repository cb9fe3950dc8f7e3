import { defineConfig } from 'vitest/config';
import { TellSkipped } from './test/support/tell-skipped.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/long/**'],
    // Most of a test's time is waiting for processes, so no core is left free for anything else.
    maxWorkers: '100%',
    // No claim is about time: this only ends what hangs, also on a machine that is busy.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: [['default', { summary: false }], new TellSkipped()],
  },
});
