import type { BenchCase, CaseResult, RunOptions } from './figure.js';
import { MachineTooBusyError } from './load/machine-too-busy.js';
import { WrongAnswerError } from './load/wrong-answer.js';
import { watchOtherWork } from './measure/other-work.js';
import { requireGuardedFigures } from './report/guard.js';
import { regressions, type Thresholds } from './report/thresholds.js';

/** Above this part of the machine for other work a comparison says more about that than about the code. */
const MOST_OTHER_WORK = 0.2;

/**
 * Runs a case for the regression guard. A machine that is too busy proves nothing, neither for nor against the code: what
 * failed there, or would count as a regression, is left out, and said. A wrong answer is none the less wrong there.
 *
 * @param watch begins to watch other work; for tests
 * @returns undefined when nothing can be compared
 * @throws WrongAnswerError whatever else the machine does
 */
export async function resultUnderGuard(
  benchCase: BenchCase,
  options: RunOptions,
  thresholds: Thresholds,
  watch: () => () => number = watchOtherWork,
): Promise<CaseResult | undefined> {
  const otherWork = watch();
  const isTooBusy = () => {
    const part = otherWork();
    if (part <= MOST_OTHER_WORK) return false;
    options.progress(`not compared: other work took ${Math.round(part * 100)} % of the machine`);
    return true;
  };
  let result: CaseResult;
  try {
    result = await benchCase.run(options);
  } catch (error) {
    if (error instanceof WrongAnswerError) throw error;
    if (!(error instanceof MachineTooBusyError) && !isTooBusy()) throw error;
    options.progress(
      `not compared: ${benchCase.name}: ${error instanceof Error ? error.message : String(error)}`,
    );
    return undefined;
  }
  requireGuardedFigures(benchCase.name, result, thresholds);
  if (regressions(result.figures, thresholds).length === 0) return result;
  return isTooBusy() ? undefined : result;
}
