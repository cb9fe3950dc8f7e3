import { defineConfig } from 'vitest/config';
import { TellSkipped } from './test/support/tell-skipped.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/long/**'],
    // Most of a test's time is waiting for processes, so no core is left free for anything else.
    maxWorkers: '100%',
    testTimeout: 20_000,
    hookTimeout: 20_000,
    reporters: [['default', { summary: false }], new TellSkipped()],
  },
});
