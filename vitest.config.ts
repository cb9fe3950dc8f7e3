import { defineConfig } from 'vitest/config';
import { TellSkipped } from './test/support/tell-skipped.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/long/**'],
    testTimeout: 20_000,
    hookTimeout: 20_000,
    reporters: [['default', { summary: false }], new TellSkipped()],
  },
});
