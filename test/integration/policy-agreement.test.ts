import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { compareAllWays } from '../campaign/policy/agreement.js';

const folder = mkdtempSync(join(tmpdir(), 'holdfast-agreement-'));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

// The same on 200,000 assessments: npm run campaign:policy
test('simulate, sweep, shadow and what is answered after activation agree with a recount, to the last count', async () => {
  const lines: string[] = [];
  const say = (line: string): void => void lines.push(line);
  const population = { seed: 11, accounts: 250, days: 20, takeovers: 40 };
  const comparisons = await compareAllWays({ ...population, folder, say });
  expect(comparisons.filter(({ agrees }) => !agrees)).toEqual([]);
  // Three policies, each deciding for a while: its answers, and three times a simulation with three rows of a sweep, and
  // two shadows.
  expect(comparisons).toHaveLength(3 * (1 + 3 * 4 + 2));
  expect(lines.join('\n')).toMatch(/ [1-9]\d* decisions other/);
});
