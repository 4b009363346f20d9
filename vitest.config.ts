import { defineConfig } from 'vitest/config';

// The gate reads the runner's own count from this file.
const reportFile = process.env['TEST_REPORT_FILE'];

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    reporters: reportFile === undefined ? ['default'] : ['default', ['json', { outputFile: reportFile }]],
    testTimeout: 20_000,
    hookTimeout: 60_000,
    coverage: {
      provider: 'v8',
      include: ['src/decision/**', 'src/identity/**', 'src/evidence/**'],
      thresholds: { lines: 95 },
    },
  },
});
