import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CASES } from './cases/index.js';
import type { BenchCase, CaseResult, Figure } from './figure.js';
import { MachineTooBusyError } from './load/machine-too-busy.js';
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
  return CASES.filter(({ name }) =>
    Object.entries(thresholds).some(([id, { guard }]) => guard !== undefined && id.startsWith(`${name}.`)),
  );
}

function chosen(names: readonly string[]): readonly BenchCase[] {
  return names.map((name) => {
    const found = CASES.find((candidate) => candidate.name === name);
    if (found === undefined) throw new Error(`there is no case \`${name}\`\n${USAGE}`);
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
  const figures: Figure[] = [];
  for (const benchCase of cases) {
    process.stderr.write(`${benchCase.name}: ${benchCase.title}\n`);
    const startedAt = new Date();
    const result = await resultOf(benchCase, short, values.check ? thresholds : undefined);
    if (result === undefined) continue;
    figures.push(...result.figures);
    process.stdout.write(`${renderTable(benchCase.title, result, thresholds)}\n`);
    progress(`written: ${writeResult(benchCase.name, short, startedAt, result)}`);
  }
  if (values.check) report(regressions(figures, thresholds), thresholds);
}

/** Above this part of the machine for other work a comparison says more about that than about the code. */
const MOST_OTHER_WORK = 0.2;

/**
 * Runs a case. Under the guard a machine that is too busy proves nothing, neither for nor against the code: what failed
 * there, or would count as a regression, is left out, and said.
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
    if (guard === undefined) throw error;
    if (!isTooBusy() && !(error instanceof MachineTooBusyError)) throw error;
    progress(`not compared: ${benchCase.name}: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

function report(slower: readonly Figure[], thresholds: Thresholds): void {
  for (const { id, summary } of slower) {
    process.stderr.write(
      `regression: ${id} is ${summary.median} (${summary.lowest} to ${summary.highest}), its bound is ${thresholds[id]?.guard}\n`,
    );
  }
  if (slower.length > 0) process.exitCode = 1;
}

try {
  await main();
  // Sessions of broken peers must not keep the process.
  process.exit(process.exitCode ?? 0);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
}
