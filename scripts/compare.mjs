// Compares the packaged policies with what exchanges do today, on one made-up population: the table of docs/comparison.md.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const run = join(dirname(fileURLToPath(import.meta.url)), 'run.mjs');
const folder = mkdtempSync(join(tmpdir(), 'holdfast-compare-'));
const POPULATION = ['--seed', '2026', '--accounts', '30000', '--days', '90', '--takeovers', '900'];

function holdfast(args, stdout) {
  const result = spawnSync(process.execPath, [run, ...args], { stdio: ['ignore', stdout, 'inherit'] });
  return result.status ?? 1;
}

try {
  const data = join(folder, 'data');
  const made = holdfast(
    ['simulate-population', ...POPULATION, '--start', '2026-01-01', '--out', data],
    'ignore',
  );
  process.exitCode =
    made === 0
      ? holdfast(['policy', 'compare', '--data-dir', data, ...process.argv.slice(2)], 'inherit')
      : made;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
