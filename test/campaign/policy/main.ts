import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { usualTakeovers } from '../../../src/population/index.js';
import { compareAllWays } from './agreement.js';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
    accounts: { type: 'string', default: '43500' },
    days: { type: 'string', default: '60' },
  },
});
const seed = Number(values.seed);
const accounts = Number(values.accounts);
const days = Number(values.days);
const startedAt = performance.now();
const folder = mkdtempSync(join(tmpdir(), 'holdfast-campaign-'));

function say(line: string): void {
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`${seconds.padStart(7)} s  ${line}`);
}

try {
  say(`seed ${seed}, ${accounts} accounts, ${days} days (again: npm run campaign:policy -- --seed ${seed})`);
  const takeovers = usualTakeovers(accounts, days);
  const comparisons = await compareAllWays({ seed, accounts, days, takeovers, folder, say });
  const failed = comparisons.filter(({ agrees }) => !agrees);
  say(`${comparisons.length - failed.length} of ${comparisons.length} comparisons agree to the last count`);
  process.exitCode = failed.length === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
