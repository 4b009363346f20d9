import { describe, expect, test } from 'vitest';
import { type BenchCase, figure } from '../../bench/figure.js';
import { resultUnderGuard } from '../../bench/guarded-result.js';
import { MachineTooBusyError } from '../../bench/load/machine-too-busy.js';
import { WrongAnswerError } from '../../bench/load/wrong-answer.js';
import type { Thresholds } from '../../bench/report/thresholds.js';

const THRESHOLDS: Thresholds = { 'a.over-b': { better: 'higher', must: 0.65, aim: 0.9, guard: 0.4 } };
const QUIET = () => () => 0.1;
const BUSY = () => () => 0.5;

function caseThat(run: () => number, id = 'a.over-b'): BenchCase {
  return {
    name: 'a',
    title: 'a case',
    run: async () => ({ figures: [figure(id, 'a ratio', 'ratio', [run()])], notes: [] }),
  };
}

async function outcome(run: () => number, watch: () => () => number, id?: string): Promise<string> {
  const said: string[] = [];
  const options = { short: true, progress: (line: string) => said.push(line) };
  try {
    const result = await resultUnderGuard(caseThat(run, id), options, THRESHOLDS, watch);
    return result === undefined ? (said[0] ?? 'silent') : 'result';
  } catch (error) {
    return `red: ${error instanceof Error ? error.message : ''}`;
  }
}

function failing(error: Error): () => number {
  return () => {
    throw error;
  };
}

describe('under the guard', () => {
  test.each([
    ['a good figure', 0.7],
    ['a regression', 0.1],
  ])('%s of a quiet machine is a result', async (_, ratio) => {
    expect(await outcome(() => ratio, QUIET)).toBe('result');
  });

  test('a regression of a busy machine is not compared, a good figure is', async () => {
    expect(await outcome(() => 0.1, BUSY)).toBe('not compared: other work took 50 % of the machine');
    expect(await outcome(() => 0.7, BUSY)).toBe('result');
  });

  test('a wrong answer is red however busy the machine is', async () => {
    const run = failing(new WrongAnswerError('said HOLD'));
    expect(await outcome(run, BUSY)).toBe('red: said HOLD');
    expect(await outcome(run, QUIET)).toBe('red: said HOLD');
  });

  test('a refusal for overload is not compared; another failure only where the machine is busy', async () => {
    expect(await outcome(failing(new MachineTooBusyError('refused')), QUIET)).toBe(
      'not compared: a: refused',
    );
    expect(await outcome(failing(new Error('did not start')), QUIET)).toBe('red: did not start');
    expect(await outcome(failing(new Error('did not start')), BUSY)).toMatch(/^not compared: other work/);
  });

  test('a figure that should be compared and was not measured is red', async () => {
    expect(await outcome(() => 0.7, QUIET, 'a.renamed')).toBe('red: a did not measure a.over-b');
  });
});
