import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decide, explain } from '../../../src/decision/index.js';
import type { CompiledPolicy } from '../../../src/decision/policy-model.js';
import type { Verdict } from '../../../src/decision/verdict.js';
import type { Decision } from '../../../src/decision/vocabulary.js';
import {
  EXAMPLES_PER_FLIP,
  figuresOf,
  flipKey,
  mergeSimulation,
  mergeSweep,
  newSimulation,
  outcomeClassOf,
  type ReplayItem,
  type Simulation,
  Sweeper,
  simulate,
  spanDays,
  stretchOf,
  THRESHOLD_KINDS,
  withThreshold,
} from '../../../src/policy/simulate/index.js';
import { inputArb } from '../../decision/arbitraries.js';
import { DAY, HOUR, inputOf, NOW, TYPICAL_POLICY } from '../../decision/fixtures.js';
import { policyArb } from '../../decision/policy-arbitraries.js';

const itemArb: fc.Arbitrary<Omit<ReplayItem, 'id'>> = fc
  .record({ input: inputArb, outcome: fc.constantFrom('FRAUD' as const, 'HONEST' as const, undefined) })
  .map(({ input, outcome }) => ({ input, at: input.now, ...(outcome === undefined ? {} : { outcome }) }));

const itemsArb: fc.Arbitrary<readonly ReplayItem[]> = fc
  .array(itemArb, { maxLength: 12 })
  .map((items) => items.map((item, index) => ({ ...item, id: `id-${String(index).padStart(3, '0')}` })));

const anyPolicyArb = fc.oneof(policyArb, fc.constant(TYPICAL_POLICY));

interface Answered {
  readonly item: ReplayItem;
  readonly verdict: Verdict;
  readonly holdMs: number;
}

/** The slow way: the whole answer, words and all. */
function answersOf(items: readonly ReplayItem[], policy: CompiledPolicy): Answered[] {
  return items.map((item) => {
    const verdict = decide(item.input, policy);
    const until = explain(item.input, policy, verdict).holdUntil;
    return { item, verdict, holdMs: until === undefined ? 0 : until - item.input.now };
  });
}

function countOf(answers: readonly Answered[], isWanted: (one: Answered) => boolean): object {
  const wanted = answers.filter(isWanted);
  return {
    count: wanted.length,
    value: wanted.reduce((sum, { item }) => sum + (item.input.request.value ?? 0), 0),
  };
}

/** Everything that a simulation says of one side, recomputed by filtering instead of adding up. */
function expectSide(tally: Simulation['before'], answers: readonly Answered[]): void {
  const decisions: readonly Decision[] = ['ALLOW', 'STEP_UP', 'HOLD', 'REJECT'];
  for (const decision of decisions) {
    const has = (one: Answered): boolean => one.verdict.decision === decision;
    expect(tally.decisions[decision]).toEqual(countOf(answers, has));
    for (const outcome of ['FRAUD', 'HONEST'] as const) {
      expect(tally.outcomes[outcome][decision]).toEqual(
        countOf(answers, (one) => has(one) && one.item.outcome === outcome),
      );
    }
    for (const [tier, by] of tally.tiers) {
      expect(by[decision]).toEqual(countOf(answers, (one) => has(one) && one.verdict.tier === tier));
    }
  }
  const holds = answers.filter(({ verdict }) => verdict.decision === 'HOLD');
  expect(tally.delayMs).toBe(holds.reduce((sum, { holdMs }) => sum + holdMs, 0));
  expect([...tally.holdsByDay.values()].reduce((sum, count) => sum + count, 0)).toBe(holds.length);
  for (const [bin, count] of tally.histogram.entries()) {
    const inBin = answers.filter(({ verdict }) => Math.min(19, Math.floor(verdict.score / 50)) === bin);
    expect(count).toBe(inBin.length);
  }
}

describe('a simulation', () => {
  test('agrees with a slow recomputation to the last count', () => {
    fc.assert(
      fc.property(itemsArb, anyPolicyArb, anyPolicyArb, (items, before, candidate) => {
        const simulation = simulate(items, before, candidate);
        const was = answersOf(items, before);
        const is = answersOf(items, candidate);
        expect(simulation.replayed).toBe(items.length);
        expectSide(simulation.before, was);
        expectSide(simulation.after, is);
        const pairs = items.map((item, index) => ({
          item,
          key: flipKey(was[index]?.verdict.decision ?? 'ALLOW', is[index]?.verdict.decision ?? 'ALLOW'),
        }));
        const differing = pairs.filter(({ key }) => key.split('>')[0] !== key.split('>')[1]);
        expect([...simulation.flips.keys()].sort()).toEqual(
          [...new Set(differing.map(({ key }) => key))].sort(),
        );
        for (const [key, flip] of simulation.flips) {
          const own = differing.filter((pair) => pair.key === key);
          expect(flip.all.count).toBe(own.length);
          expect(flip.fraud.count).toBe(own.filter(({ item }) => item.outcome === 'FRAUD').length);
          expect([...flip.tiers.values()].reduce((sum, { count }) => sum + count, 0)).toBe(own.length);
          expect([...flip.operators.values()].reduce((sum, { count }) => sum + count, 0)).toBe(own.length);
          expect(flip.examples.length).toBe(Math.min(EXAMPLES_PER_FLIP, own.length));
        }
        for (const { verdict } of was) {
          for (const { code, points } of verdict.reasons) {
            if (points !== 0) expect(simulation.codes.get(code)?.hitsBefore ?? 0).toBeGreaterThan(0);
          }
        }
        const given = was
          .flatMap(({ verdict }) => verdict.reasons)
          .reduce((sum, { points }) => sum + points, 0);
        expect([...simulation.codes.values()].reduce((sum, shift) => sum + shift.pointsBefore, 0)).toBe(
          given,
        );
      }),
      { numRuns: 150 },
    );
  });

  test('of parts, merged in any order, is that of the whole', () => {
    fc.assert(
      fc.property(itemsArb, policyArb, fc.nat(12), fc.boolean(), (items, candidate, cut, swap) => {
        const parts = [items.slice(0, cut), items.slice(cut)].map((part) =>
          simulate(part, TYPICAL_POLICY, candidate),
        );
        const merged = newSimulation();
        for (const part of swap ? parts.reverse() : parts) mergeSimulation(merged, part);
        expect(merged).toEqual(simulate(items, TYPICAL_POLICY, candidate));
      }),
      { numRuns: 100 },
    );
  });

  test('of a policy against itself changes nothing', () => {
    fc.assert(
      fc.property(itemsArb, anyPolicyArb, (items, policy) => {
        const simulation = simulate(items, policy, policy);
        expect(simulation.flips.size).toBe(0);
        expect(simulation.after).toEqual(simulation.before);
      }),
      { numRuns: 50 },
    );
  });
});

describe('a threshold sweep', () => {
  const planArb = fc
    .record({
      kind: fc.constantFrom(...THRESHOLD_KINDS),
      tier: fc.nat(3),
      thresholds: fc.uniqueArray(fc.integer({ min: 0, max: 1000 }), { minLength: 1, maxLength: 6 }),
    })
    .map((plan) => ({ ...plan, thresholds: [...plan.thresholds].sort((a, b) => a - b) }));

  test('has in each row what a simulation of that policy says', () => {
    fc.assert(
      fc.property(itemsArb, anyPolicyArb, planArb, (items, policy, drawn) => {
        const tier = policy.tiers[drawn.tier % policy.tiers.length]?.name ?? '';
        const sweeper = new Sweeper(policy, { ...drawn, tier });
        for (const item of items) sweeper.add(item);
        for (const { threshold, tally } of sweeper.sweep.rows) {
          const moved = withThreshold(policy, tier, drawn.kind, threshold);
          expect(tally).toEqual(simulate(items, policy, moved).after);
        }
      }),
      { numRuns: 150 },
    );
  });

  test('merges', () => {
    fc.assert(
      fc.property(itemsArb, fc.nat(12), (items, cut) => {
        const plan = { tier: TYPICAL_POLICY.tiers[0].name, kind: 'hold' as const, thresholds: [100, 400] };
        const sweepOf = (some: readonly ReplayItem[]) => {
          const sweeper = new Sweeper(TYPICAL_POLICY, plan);
          for (const item of some) sweeper.add(item);
          return sweeper.sweep;
        };
        const merged = sweepOf(items.slice(cut));
        mergeSweep(merged, sweepOf(items.slice(0, cut)));
        expect(merged).toEqual(sweepOf(items));
      }),
      { numRuns: 30 },
    );
  });

  test('of a tier that is not there is refused', () => {
    expect(() => new Sweeper(TYPICAL_POLICY, { tier: 'gigantic', kind: 'hold', thresholds: [1] })).toThrow(
      'there is no tier `gigantic`',
    );
  });
});

describe('figures', () => {
  test('are shares of what is known, a day and of 10,000', () => {
    const { before: tally } = newSimulation();
    tally.decisions.HOLD.count = 6;
    tally.delayMs = 12 * HOUR;
    tally.outcomes.FRAUD.HOLD = { count: 3, value: 900 };
    tally.outcomes.FRAUD.ALLOW = { count: 1, value: 50 };
    tally.outcomes.HONEST.HOLD = { count: 2, value: 10 };
    tally.outcomes.HONEST.ALLOW = { count: 1998, value: 10 };
    tally.honestHoldMinutes.set(60, 1).set(180, 1);
    expect(figuresOf(tally, { days: 2, sampleEvery: 1 })).toMatchObject({
      holdsPerDay: 3,
      customerHoursOfDelay: 12,
      caught: 3,
      missed: 1,
      falseHolds: 2,
      precision: 0.6,
      recall: 0.75,
      valueSaved: 900,
      honestHeldPer10k: 10,
      medianHonestHoldHours: 1,
    });
  });

  test('of a sample stand for all in rates and delay, and for the sample in counts', () => {
    const { before: tally } = newSimulation();
    tally.decisions.HOLD.count = 6;
    tally.decisions.STEP_UP.count = 2;
    tally.delayMs = 12 * HOUR;
    tally.outcomes.FRAUD.HOLD = { count: 3, value: 900 };
    expect(figuresOf(tally, { days: 2, sampleEvery: 4 })).toMatchObject({
      holdsPerDay: 12,
      stepUpsPerDay: 4,
      customerHoursOfDelay: 48,
      caught: 3,
      valueSaved: 900,
    });
  });

  test('promise nothing where nothing is known', () => {
    const empty = newSimulation();
    const figures = figuresOf(empty.before, stretchOf(empty));
    expect(figures).not.toHaveProperty('precision');
    expect(figures).not.toHaveProperty('recall');
    expect(figures).not.toHaveProperty('medianHonestHoldHours');
  });

  test('span at least a day', () => {
    expect(spanDays({ firstAt: NOW, lastAt: NOW + HOUR })).toBe(1);
    expect(spanDays({ firstAt: NOW, lastAt: NOW + 3 * DAY })).toBe(3);
  });
});

test('labels that say nothing have no class', () => {
  expect(['FRAUD_CONFIRMED', 'HONEST', 'CUSTOMER_CANCELLED', 'UNKNOWN'].map(outcomeClassOf)).toEqual([
    'FRAUD',
    'HONEST',
    'HONEST',
    undefined,
  ]);
});

test('the operator of the mailbox that the request names is counted', () => {
  const simulation = simulate([{ id: 'a', at: NOW, input: inputOf() }], TYPICAL_POLICY, TYPICAL_POLICY);
  expect([...simulation.before.operators.keys()]).toEqual(['att']);
});
