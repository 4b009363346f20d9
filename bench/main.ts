import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CASES } from './cases/index.js';
import type { BenchCase, Figure } from './figure.js';
import { resultUnderGuard } from './guarded-result.js';
import { BENCH_FOLDER } from './paths.js';
import { profileHotPath } from './profile.js';
import { guardedIds } from './report/guard.js';
import { writeResult } from './report/results.js';
import { renderTable } from './report/table.js';
import { readThresholds, regressions, type Thresholds } from './report/thresholds.js';
import { soak } from './soak.js';

const USAGE = `usage: npm run bench -- [CASE...] [--short]      measures; without a case: all
       npm run bench:check                      measures the short form of what the regression guard looks at
       npm run bench -- --profile               prints where the hot path spends its time
       npm run soak [-- --minutes N]            half capacity with readers, floods and restarts; prints what grows
cases:
${CASES.map(({ name, title }) => `  ${name.padEnd(8)} ${title}`).join('\n')}`;

function progress(line: string): void {
  process.stderr.write(`  ${line}\n`);
}

/** Cases with a figure that the regression guard looks at. */
function guarded(thresholds: Thresholds): readonly BenchCase[] {
  return CASES.filter((benchCase) => guardedIds(benchCase.name, thresholds).length > 0);
}

function chosen(names: readonly string[]): readonly BenchCase[] {
  return names.map((name) => {
    const found = CASES.find((candidate) => candidate.name === name);
    if (found === undefined) throw new UsageError(`there is no case \`${name}\``);
    return found;
  });
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    args: process.argv.slice(2),
    allowPositionals: true,
    options: {
      short: { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
      soak: { type: 'boolean', default: false },
      minutes: { type: 'string', default: '30' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(`${USAGE}\n`);
    return;
  }
  if (values.soak) {
    const minutes = Number(values.minutes);
    if (!(minutes > 0)) throw new UsageError('--minutes takes a number above 0');
    await soak(minutes, (line) => process.stdout.write(`${line}\n`));
    return;
  }
  if (values.profile) {
    process.stdout.write(`${await profileHotPath(progress)}\n`);
    return;
  }
  const thresholds = readThresholds(join(BENCH_FOLDER, 'thresholds.json'));
  const cases = positionals.length > 0 ? chosen(positionals) : values.check ? guarded(thresholds) : CASES;
  const short = values.short || values.check;
  const unguarded = values.check
    ? cases.find(({ name }) => guardedIds(name, thresholds).length === 0)
    : undefined;
  // Nothing is compared of it: it would pass whatever it measures.
  if (unguarded !== undefined) throw new UsageError(`the guard compares no figure of \`${unguarded.name}\``);
  const figures: Figure[] = [];
  for (const benchCase of cases) {
    process.stderr.write(`${benchCase.name}: ${benchCase.title}\n`);
    const startedAt = new Date();
    const options = { short, progress };
    const result = values.check
      ? await resultUnderGuard(benchCase, options, thresholds)
      : await benchCase.run(options);
    if (result === undefined) continue;
    figures.push(...result.figures);
    process.stdout.write(`${renderTable(benchCase.title, result, thresholds)}\n`);
    progress(`written: ${writeResult(benchCase.name, short, startedAt, result)}`);
  }
  if (values.check) report(figures, thresholds);
}

function report(figures: readonly Figure[], thresholds: Thresholds): void {
  const compared = figures.filter(({ id }) => thresholds[id]?.guard !== undefined);
  const slower = regressions(compared, thresholds);
  for (const { id, summary } of slower) {
    process.stderr.write(
      `regression: ${id} is ${summary.median} (${summary.lowest} to ${summary.highest}), its bound is ${thresholds[id]?.guard}\n`,
    );
  }
  progress(`${compared.length} figures compared, ${slower.length} regressions`);
  if (slower.length > 0) process.exitCode = 1;
}

/** Told with the usage, not with a stack. */
class UsageError extends Error {
  override readonly name = 'UsageError';
}

const EXIT_USAGE = 2;

/** What `parseArgs` throws for an option that it does not know has a code that begins so. */
const PARSE_ERROR_PREFIX = 'ERR_PARSE_ARGS';

function isUsageError(error: unknown): error is Error {
  if (error instanceof UsageError) return true;
  return error instanceof Error && 'code' in error && String(error.code).startsWith(PARSE_ERROR_PREFIX);
}

try {
  await main();
  // Sessions of broken peers must not keep the process.
  process.exit(process.exitCode ?? 0);
} catch (error) {
  if (isUsageError(error)) {
    process.stderr.write(`${error.message}\n${USAGE}\n`);
    process.exit(EXIT_USAGE);
  }
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
}
