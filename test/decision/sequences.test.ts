import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { exp2Neg, roundToInteger } from '../../src/decision/exact-math.js';
import { decide } from '../../src/decision/index.js';
import { ALWAYS_NOW, ageOf, isActive, type Match } from '../../src/decision/match.js';
import type { Condition, SequenceRule, SequenceStep } from '../../src/decision/policy-model.js';
import { planSequence, sequenceValueAt } from '../../src/decision/sequences.js';
import type { SignalType } from '../../src/decision/vocabulary.js';
import {
  DAY,
  event,
  HOUR,
  inputOf,
  NOW,
  policyOf,
  signal,
  text,
  thiefRequest,
  viewOf,
  withSignals,
} from './fixtures.js';

function step(any: readonly Condition[], points: number, required = false): SequenceStep {
  return { name: 'step', any, points, required };
}

function on(...types: readonly SignalType[]): readonly Condition[] {
  return [{ kind: 'signal', types }];
}

function sequence(steps: readonly SequenceStep[], overrides: Partial<SequenceRule> = {}): SequenceRule {
  return { ...text('SEQUENCE'), steps, minSteps: 2, maxGap: 2 * DAY, window: 10 * DAY, ...overrides };
}

/** Points of the sequence, 0 if it does not match. */
function pointsOf(rule: SequenceRule, input = inputOf()): number {
  return decide(input, policyOf({ sequences: [rule] })).reasons[0]?.points ?? 0;
}

const RESET_DEVICE_MFA = [
  step(on('PASSWORD_RESET'), 100),
  step(on('NEW_DEVICE'), 50),
  step(on('MFA_ENROLLED'), 30),
];

describe('a sequence', () => {
  const reset = (ago: number) => signal('PASSWORD_RESET', ago);
  const device = (ago: number) => signal('NEW_DEVICE', ago);
  const mfa = (ago: number) => signal('MFA_ENROLLED', ago);

  test.each([
    { name: 'all steps in order', signals: [reset(5 * HOUR), device(4 * HOUR), mfa(HOUR)], points: 180 },
    { name: 'an optional step missing', signals: [reset(5 * HOUR), mfa(HOUR)], points: 130 },
    { name: 'too few steps', signals: [reset(5 * HOUR)], points: 0 },
    { name: 'out of order', signals: [device(5 * HOUR), reset(4 * HOUR)], points: 0 },
    { name: 'at one moment', signals: [reset(HOUR), device(HOUR), mfa(HOUR)], points: 180 },
    { name: 'exactly the widest gap', signals: [reset(3 * DAY), device(DAY)], points: 150 },
    { name: 'too wide a gap', signals: [reset(3 * DAY + 1), device(DAY)], points: 0 },
    {
      name: 'the better of two assignments',
      signals: [reset(9 * DAY), device(8 * DAY), reset(2 * DAY), mfa(DAY)],
      points: 150,
    },
    { name: 'ended too long ago', signals: [reset(11 * DAY), device(10 * DAY)], points: 0 },
  ])('$name: $points', ({ signals, points }) => {
    expect(pointsOf(sequence(RESET_DEVICE_MFA), withSignals(inputOf(), ...signals))).toBe(points);
  });

  test('must have its required steps', () => {
    const steps = [
      step(on('PASSWORD_RESET'), 100, true),
      step(on('NEW_DEVICE'), 50),
      step(on('MFA_ENROLLED'), 30),
    ];
    expect(pointsOf(sequence(steps), withSignals(inputOf(), device(2 * HOUR), mfa(HOUR)))).toBe(0);
    expect(
      pointsOf(sequence(steps), withSignals(inputOf(), device(3 * HOUR), reset(2 * HOUR), mfa(HOUR))),
    ).toBe(130);
    expect(
      pointsOf(sequence(steps), withSignals(inputOf(), device(3 * HOUR), mfa(2 * HOUR), reset(HOUR))),
    ).toBe(0);
  });

  test('decays from its last record with a time of its own, not from facts of the present', () => {
    const steps = [...RESET_DEVICE_MFA, step([{ kind: 'balanceShare', atLeast: 0.5 }], 60)];
    const rule = sequence(steps, { halfLife: DAY });
    const input = withSignals(inputOf({ request: thiefRequest() }), reset(2 * DAY), device(DAY));
    expect(pointsOf(rule, input)).toBe(105);
    expect(pointsOf(sequence(steps, { halfLife: DAY, maxGap: DAY - 1 }), input)).toBe(0);
  });

  test('takes an exposure for near to whatever happens inside it', () => {
    const rule = sequence([step([{ kind: 'exposure' }], 100), step(on('PASSWORD_RESET'), 80)]);
    const input = (...events: Parameters<typeof viewOf>[0] & object) =>
      withSignals(inputOf({ mailboxes: [viewOf(events)] }), reset(HOUR));
    expect(pointsOf(rule, input(event('CREDENTIAL_COMPROMISE', 9 * DAY)))).toBe(180);
    const closed = [event('CREDENTIAL_COMPROMISE', 9 * DAY), event('RESECURED', 3 * DAY)];
    expect(pointsOf(rule, input(...closed))).toBe(0);
  });

  test('one record serves one step only', () => {
    const rule = sequence([step(on('PASSWORD_RESET', 'NEW_DEVICE'), 100), step(on('PASSWORD_RESET'), 80)]);
    expect(pointsOf(rule, withSignals(inputOf(), reset(HOUR)))).toBe(0);
    expect(pointsOf(rule, withSignals(inputOf(), reset(HOUR), reset(2 * HOUR)))).toBe(180);
    expect(pointsOf(rule, withSignals(inputOf(), reset(HOUR), device(HOUR)))).toBe(180);
  });

  test('resting on a guessed alias is at most STEP_UP alone', () => {
    const rule = sequence([step([{ kind: 'exposure' }], 500), step(on('PASSWORD_RESET'), 400)]);
    const policy = policyOf({ sequences: [rule] });
    const input = (form: 'guessed' | 'canonical') =>
      withSignals(inputOf({ mailboxes: [viewOf([event('ACCOUNT_HIJACKED', DAY)], { form })] }), reset(HOUR));
    expect(decide(input('guessed'), policy).decision).toBe('STEP_UP');
    expect(decide(input('canonical'), policy).decision).toBe('REJECT');
  });
});

/** Tries every assignment. Slow, and plain enough to be believed. */
function valueByTrying(rule: SequenceRule, candidates: readonly (readonly Match[])[], now: number): number {
  let best = 0;
  const tryFrom = (index: number, chain: readonly Match[], points: number): void => {
    if (index === rule.steps.length) {
      const timed = chain.filter((match) => match.at !== ALWAYS_NOW).at(-1);
      const age = timed === undefined ? 0 : ageOf(timed, now);
      if (chain.length < Math.max(1, rule.minSteps) || age >= rule.window) return;
      const decay = rule.halfLife === undefined ? 1 : exp2Neg(age / rule.halfLife);
      best = Math.max(best, roundToInteger(points * decay));
      return;
    }
    const current = rule.steps[index];
    if (current === undefined) return;
    if (!current.required) tryFrom(index + 1, chain, points);
    for (const match of candidates[index] ?? []) {
      if (!isActive(match, now) || chain.some((earlier) => earlier.id === match.id)) continue;
      const last = chain.at(-1);
      const at = Math.min(match.at, now);
      if (last !== undefined) {
        if (at < Math.min(last.at, now) || at - Math.min(last.until, now) > rule.maxGap) continue;
      }
      tryFrom(index + 1, [...chain, match], points + current.points);
    }
  };
  tryFrom(0, [], 0);
  return best;
}

const momentArb = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -1, max: 8 }).map((hours) => NOW - hours * HOUR) },
  { weight: 1, arbitrary: fc.constant(ALWAYS_NOW) },
);

/** Few records and few moments, so that steps share records and times coincide. A record has one time. */
const recordsArb: fc.Arbitrary<readonly Match[]> = fc
  .array(
    fc.record({
      at: momentArb,
      length: fc.constantFrom(0, 0, 2 * HOUR),
      activeUntil: fc.constantFrom(Infinity, NOW, NOW + 1),
    }),
    { minLength: 1, maxLength: 5 },
  )
  .map((records) =>
    records.map(({ at, length, activeUntil }, index) => ({
      id: `record-${index}`,
      at,
      latest: at,
      until: at + length,
      activeFrom: Number.NEGATIVE_INFINITY,
      activeUntil,
      confidence: 1,
      solid: true,
      provider: undefined,
    })),
  );

describe('the search for the best assignment', () => {
  test('agrees with trying every one', () => {
    const caseArb = recordsArb.chain((records) =>
      fc.record({
        candidates: fc.array(fc.subarray([...records]), { minLength: 1, maxLength: 4 }),
        points: fc.array(fc.integer({ min: 0, max: 200 }), { minLength: 4, maxLength: 4 }),
        required: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
        minSteps: fc.integer({ min: 1, max: 4 }),
        maxGap: fc.integer({ min: 0, max: 5 }).map((hours) => hours * HOUR),
        window: fc.integer({ min: 1, max: 9 }).map((hours) => hours * HOUR),
        halfLife: fc.constantFrom(undefined, HOUR, DAY),
      }),
    );
    fc.assert(
      fc.property(caseArb, ({ candidates, points, required, minSteps, maxGap, window, halfLife }) => {
        const steps = candidates.map((_, index) => step([], points[index] ?? 0, required[index]));
        const rule = sequence(steps, {
          minSteps,
          maxGap,
          window,
          ...(halfLife !== undefined && { halfLife }),
        });
        const plan = planSequence(rule, candidates);
        // Asked at several times in turn: what is kept from one must not show in another.
        for (const now of [NOW, NOW + 2 * HOUR, NOW + 1, NOW - HOUR, NOW]) {
          const points = sequenceValueAt(plan, now, false)?.points ?? 0;
          expect(points).toBe(valueByTrying(rule, candidates, now));
        }
      }),
      { numRuns: 5000 },
    );
  });
});
