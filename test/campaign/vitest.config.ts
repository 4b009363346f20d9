import { defineConfig } from 'vitest/config';

/** No campaign is left alone for longer. */
const LONGEST_MS = 3 * 3_600_000;

// Long runs against real parts; `npm run campaign:feed` and `npm run campaign:outage` start one each.
export default defineConfig({
  test: {
    include: ['test/campaign/**/*.campaign.ts'],
    testTimeout: LONGEST_MS,
    hookTimeout: 120_000,
    disableConsoleIntercept: true,
    fileParallelism: false,
  },
});
