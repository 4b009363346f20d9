import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

// The gate reads the runner's own count from this file.
const reportFile = process.env['TEST_REPORT_FILE'];

// Tests wait for conditions. Every time here is only for a test that would otherwise hang for ever: no test is meant to
// come near it, however busy the machine.
const HANGS_MS = 240_000;

export default defineConfig({
  test: {
    reporters: reportFile === undefined ? ['default'] : ['default', ['json', { outputFile: reportFile }]],
    testTimeout: HANGS_MS,
    hookTimeout: HANGS_MS,
    expect: { poll: { timeout: HANGS_MS / 2, interval: 20 } },
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      {
        extends: true,
        test: {
          name: 'fast',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.system.test.ts'],
          sequence: { groupOrder: 1 },
        },
      },
      {
        // What starts processes of its own, a broker or a built service.
        extends: true,
        test: { name: 'system', include: ['test/**/*.system.test.ts'], sequence: { groupOrder: 2 } },
      },
    ],
    coverage: {
      provider: 'v8',
      include: ['src/decision/**', 'src/identity/**', 'src/evidence/**'],
      thresholds: { lines: 95 },
    },
  },
});
