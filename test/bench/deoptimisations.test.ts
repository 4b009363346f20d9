import { describe, expect, test } from 'vitest';
import { mostDeoptimised } from '../../bench/measure/deoptimisations.js';

function thrownAway(name: string): string {
  return `[bailout (kind: deopt-eager, reason: wrong map): begin. deoptimizing 0x2f22773adbc1 <JSFunction ${name}>, 0x3f9aa8779ae1 <Code TURBOFAN>, opt id 939, bytecode offset 0]`;
}

describe('mostDeoptimised', () => {
  test('names the function whose code was thrown away most often', () => {
    const trace = ['a (sfi = 0x1)', 'b (sfi = 0x2)', 'b (sfi = 0x2)', 'a (sfi = 0x3)']
      .map(thrownAway)
      .join('\n');
    expect(mostDeoptimised(trace)).toEqual({ name: 'b (sfi = 0x2)', times: 2 });
  });

  test('passes over everything else that a process writes', () => {
    const trace = `[marking dependent code <JSFunction a (sfi = 0x1)> for deoptimization]\n{"before":1}\n`;
    expect(mostDeoptimised(trace)).toEqual({ name: '', times: 0 });
  });
});
