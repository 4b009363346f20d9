import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CASES } from './cases/index.js';
import type { BenchCase, CaseResult, Figure } from './figure.js';
import { MachineTooBusyError } from './load/machine-too-busy.js';
import { WrongAnswerError } from './load/wrong-answer.js';
import { watchOtherWork } from './measure/other-work.js';
import { BENCH_FOLDER } from './paths.js';
import { profileHotPath } from './profile.js';
import { writeResult } from './report/results.js';
import { renderTable } from './report/table.js';
import { readThresholds, regressions, type Thresholds } from './report/thresholds.js';

const USAGE = `usage: npm run bench -- [CASE...] [--short]      measures; without a case: all
       npm run bench:check                      measures the short form of what the regression guard looks at
       npm run bench -- --profile               prints where the hot path spends its time
cases:
${CASES.map(({ name, title }) => `  ${name.padEnd(8)} ${title}`).join('\n')}`;

function progress(line: string): void {
  process.stderr.write(`  ${line}\n`);
}

/** Cases with a figure that the regression guard looks at. */
function guarded(thresholds: Thresholds): readonly BenchCase[] {
  return CASES.filter((benchCase) => guardedIds(benchCase, thresholds).length > 0);
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
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(`${USAGE}\n`);
    return;
  }
  if (values.profile) {
    process.stdout.write(`${await profileHotPath(progress)}\n`);
    return;
  }
  const thresholds = readThresholds(join(BENCH_FOLDER, 'thresholds.json'));
  const cases = positionals.length > 0 ? chosen(positionals) : values.check ? guarded(thresholds) : CASES;
  const short = values.short || values.check;
  if (values.check) requireGuards(cases, thresholds);
  const figures: Figure[] = [];
  for (const benchCase of cases) {
    process.stderr.write(`${benchCase.name}: ${benchCase.title}\n`);
    const startedAt = new Date();
    const result = await resultOf(benchCase, short, values.check ? thresholds : undefined);
    if (result === undefined) continue;
    if (values.check) requireFigures(benchCase, result, thresholds);
    figures.push(...result.figures);
    process.stdout.write(`${renderTable(benchCase.title, result, thresholds)}\n`);
    progress(`written: ${writeResult(benchCase.name, short, startedAt, result)}`);
  }
  if (values.check) report(figures, thresholds);
}

/** What the guard compares of a case. */
function guardedIds({ name }: BenchCase, thresholds: Thresholds): readonly string[] {
  return Object.entries(thresholds)
    .filter(([id, { guard }]) => guard !== undefined && id.startsWith(`${name}.`))
    .map(([id]) => id);
}

/** A case that nothing is compared of would pass whatever it measures. */
function requireGuards(cases: readonly BenchCase[], thresholds: Thresholds): void {
  const none = cases.find((benchCase) => guardedIds(benchCase, thresholds).length === 0);
  if (none !== undefined) throw new UsageError(`the guard compares no figure of \`${none.name}\``);
}

/** A figure that was renamed would lose its guard and nobody would see. */
function requireFigures(benchCase: BenchCase, { figures }: CaseResult, thresholds: Thresholds): void {
  const measured = new Set(figures.map(({ id }) => id));
  const missing = guardedIds(benchCase, thresholds).filter((id) => !measured.has(id));
  if (missing.length > 0) throw new Error(`${benchCase.name} did not measure ${missing.join(', ')}`);
}

/** Above this part of the machine for other work a comparison says more about that than about the code. */
const MOST_OTHER_WORK = 0.2;

/**
 * Runs a case. Under the guard a machine that is too busy proves nothing, neither for nor against the code: what failed
 * there, or would count as a regression, is left out, and said. A wrong answer is none the less wrong there.
 */
async function resultOf(
  benchCase: BenchCase,
  short: boolean,
  guard: Thresholds | undefined,
): Promise<CaseResult | undefined> {
  const otherWork = watchOtherWork();
  const isTooBusy = () => {
    const part = otherWork();
    if (part <= MOST_OTHER_WORK) return false;
    progress(`not compared: other work took ${Math.round(part * 100)} % of the machine`);
    return true;
  };
  try {
    const result = await benchCase.run({ short, progress });
    if (guard === undefined || regressions(result.figures, guard).length === 0) return result;
    return isTooBusy() ? undefined : result;
  } catch (error) {
    if (guard === undefined || error instanceof WrongAnswerError) throw error;
    if (!(error instanceof MachineTooBusyError) && !isTooBusy()) throw error;
    progress(`not compared: ${benchCase.name}: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
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
