import { defineConfig } from 'vitest/config';
import { TellSkipped } from './test/support/tell-skipped.ts';

export default defineConfig({
  test: {
    include: ['test/long/**/*.test.ts'],
    testTimeout: 600_000,
    hookTimeout: 60_000,
    reporters: [['default', { summary: false }], new TellSkipped()],
  },
});
