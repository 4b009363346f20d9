import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { drainConditionsOf } from '../../src/decision/drain-matches.js';
import { decide, explain } from '../../src/decision/index.js';
import type { AssessmentInput } from '../../src/decision/input.js';
import type { CompiledPolicy } from '../../src/decision/policy-model.js';
import type { Verdict } from '../../src/decision/verdict.js';
import { sternnessOf } from '../../src/decision/vocabulary.js';
import { evolveHolds } from '../../src/evidence/evolve-holds.js';
import { adverseItemArb, eventArb, inputArb, withAdverse } from './arbitraries.js';
import { TYPICAL_POLICY } from './fixtures.js';
import { policyArb } from './policy-arbitraries.js';

const RUNS = 600;
const anyPolicyArb = fc.oneof(
  { weight: 3, arbitrary: policyArb },
  { weight: 1, arbitrary: fc.constant(TYPICAL_POLICY) },
);

/** The input as a hold later sees it: the same evidence at another time, held since `heldAt` if not before. */
function laterInput(input: AssessmentInput, now: number): AssessmentInput {
  const { ledger, request } = input;
  const hold = {
    kind: 'answer' as const,
    request,
    at: input.now,
    decision: 'HOLD' as const,
    degraded: false,
  };
  const holds = evolveHolds(ledger.holds, hold);
  return { ...input, now, ledger: { ...ledger, holds } };
}

function holdUntilOf(input: AssessmentInput, policy: CompiledPolicy, verdict: Verdict): number {
  if (verdict.decision === 'REJECT') return Number.POSITIVE_INFINITY;
  return explain(input, policy, verdict).holdUntil ?? Number.NEGATIVE_INFINITY;
}

describe('I1: same input, same answer', () => {
  test('the same bytes again, and after a round trip of the input', () => {
    fc.assert(
      fc.property(inputArb, anyPolicyArb, (input, policy) => {
        const verdict = decide(input, policy);
        const text = JSON.stringify([verdict, explain(input, policy, verdict)]);
        const copy: AssessmentInput = JSON.parse(JSON.stringify(input));
        const again = decide(copy, policy);
        expect(JSON.stringify([again, explain(copy, policy, again)])).toBe(text);
      }),
      { numRuns: RUNS },
    );
  });

  test('the input is left as it was', () => {
    fc.assert(
      fc.property(inputArb, anyPolicyArb, (input, policy) => {
        const before = JSON.stringify(input);
        explain(input, policy, decide(input, policy));
        expect(JSON.stringify(input)).toBe(before);
      }),
    );
  });
});

describe('I3: points add up', () => {
  test('all points are integers, add up to the score, and none that counts is missing', () => {
    fc.assert(
      fc.property(inputArb, anyPolicyArb, (input, policy) => {
        const { reasons, score } = decide(input, policy);
        const sum = reasons.reduce((total, reason) => total + reason.points, 0);
        expect(score).toBe(Math.max(0, Math.min(1000, sum)));
        for (const { points, capped } of reasons) {
          expect(Number.isInteger(points) && Number.isInteger(capped)).toBe(true);
          expect(Object.is(points, -0)).toBe(false);
          expect(capped).toBeGreaterThanOrEqual(0);
        }
      }),
      { numRuns: RUNS },
    );
  });
});

describe('I4: more adverse evidence never helps a thief', () => {
  test('score, decision, hold_until and untrusted channels never go down', () => {
    fc.assert(
      fc.property(inputArb, adverseItemArb, anyPolicyArb, (input, item, policy) => {
        const more = withAdverse(input, item);
        const before = decide(input, policy);
        const after = decide(more, policy);
        expect(after.score).toBeGreaterThanOrEqual(before.score);
        expect(sternnessOf(after.decision)).toBeGreaterThanOrEqual(sternnessOf(before.decision));
        expect(after.untrustedChannels).toEqual(expect.arrayContaining([...before.untrustedChannels]));
        expect(holdUntilOf(more, policy, after)).toBeGreaterThanOrEqual(holdUntilOf(input, policy, before));
      }),
      { numRuns: 3 * RUNS },
    );
  });

  test('what is still acceptable for a confirmation was acceptable before', () => {
    fc.assert(
      fc.property(inputArb, adverseItemArb, anyPolicyArb, (input, item, policy) => {
        const before = decide(input, policy);
        const after = decide(withAdverse(input, item), policy);
        fc.pre(before.decision === 'STEP_UP' && after.decision === 'STEP_UP');
        expect(before.acceptableChannels).toEqual(expect.arrayContaining([...after.acceptableChannels]));
      }),
    );
  });
});

describe('a mailbox that was secured', () => {
  const secures = (when: CompiledPolicy['rules'][number]['when']): boolean =>
    when.kind === 'event' && when.types.includes('RESECURED');
  /** What is asked of the securing itself is its author's to answer for; seed 929091246 drew a question of it. */
  const silentPolicyArb = anyPolicyArb
    .filter(
      ({ rules, sequences, locks, questions }) =>
        !questions?.some((question) => question.when.some(secures)) &&
        !rules.some(({ when }) => secures(when)) &&
        !sequences.some(({ steps }) => steps.some(({ any }) => any.some(secures))) &&
        !locks.some(({ trigger }) => secures(trigger)),
    )
    .map((policy) => ({ ...policy, exposure: { ...policy.exposure, untilClosed: true } }));

  test('is never worth a sterner answer than before that was said, under any alias but a guessed one', () => {
    fc.assert(
      fc.property(inputArb, eventArb(['RESECURED']), silentPolicyArb, (input, event, policy) => {
        const view = { form: 'exact' as const, record: { events: [event], retractions: [] } };
        const mailboxes = input.mailboxes.map(({ link, records }) => ({ link, records: [...records, view] }));
        const before = decide(input, policy);
        const after = decide({ ...input, mailboxes }, policy);
        expect(sternnessOf(after.decision)).toBeLessThanOrEqual(sternnessOf(before.decision));
        expect(after.score).toBeLessThanOrEqual(before.score);
        expect(before.untrustedChannels).toEqual(expect.arrayContaining([...after.untrustedChannels]));
      }),
      { numRuns: 2 * RUNS },
    );
  });
});

describe('I9: a hold ends', () => {
  test('hold_until is the second at which it is no longer held; one second earlier it is', () => {
    fc.assert(
      fc.property(inputArb, anyPolicyArb, (input, policy) => {
        const verdict = decide(input, policy);
        fc.pre(verdict.decision === 'HOLD');
        const { holdUntil, release } = explain(input, policy, verdict);
        if (holdUntil === undefined || release === undefined)
          throw new Error('a hold says when and how it ends');
        expect(holdUntil).toBeGreaterThan(input.now);
        expect(release === 'PERSON' || !verdict.personOnly).toBe(true);
        if (release === 'PERSON') {
          expect(holdUntil).toBeGreaterThanOrEqual(input.now + policy.hold.reviewAfter);
          return;
        }
        const then = decide(laterInput(input, holdUntil), policy);
        expect(sternnessOf(then.decision)).toBeLessThan(sternnessOf('HOLD'));
        const justBefore = decide(laterInput(input, holdUntil - 1000), policy);
        expect(sternnessOf(justBefore.decision)).toBeGreaterThanOrEqual(sternnessOf('HOLD'));
      }),
      { numRuns: 2 * RUNS },
    );
  });

  test('no second before hold_until is milder', () => {
    fc.assert(
      fc.property(
        inputArb,
        anyPolicyArb,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (input, policy, part) => {
          const verdict = decide(input, policy);
          fc.pre(verdict.decision === 'HOLD');
          const { holdUntil = input.now, release } = explain(input, policy, verdict);
          fc.pre(release === 'AUTOMATIC');
          const between = input.now + 1000 * Math.floor(((holdUntil - input.now) / 1000 - 1) * part);
          const { decision } = decide(laterInput(input, between), policy);
          expect(sternnessOf(decision)).toBeGreaterThanOrEqual(sternnessOf('HOLD'));
        },
      ),
      { numRuns: RUNS },
    );
  });
});

describe('release conditions', () => {
  test('each would give the milder decision it says, and none rests on an untrusted channel', () => {
    fc.assert(
      fc.property(inputArb, anyPolicyArb, (input, policy) => {
        const verdict = decide(input, policy);
        for (const condition of explain(input, policy, verdict).releaseConditions) {
          expect(sternnessOf(condition.decision)).toBeLessThan(sternnessOf(verdict.decision));
          for (const channel of condition.channels ?? [])
            expect(verdict.untrustedChannels).not.toContain(channel);
          if (condition.maxValue === undefined) continue;
          // Less of the same balance is another share as well; of a policy that asks what drains, only the whole tells.
          if (input.request.balanceShare !== undefined && drainConditionsOf(policy).length > 0) continue;
          const lower = { ...input, request: { ...input.request, value: condition.maxValue } };
          expect(decide(lower, policy).decision).toBe(condition.decision);
        }
      }),
      { numRuns: RUNS },
    );
  });
});

describe('satisfying a step-up', () => {
  test('a confirmation never makes a decision sterner and never ends a hold', () => {
    fc.assert(
      fc.property(inputArb, anyPolicyArb, (input, policy) => {
        const { factors } = input.request;
        fc.pre(factors !== undefined);
        const unverified = factors?.map(({ verifiedAt: _, ...factor }) => factor);
        const verified = factors?.map((factor) => ({ ...factor, verifiedAt: input.now }));
        const before = decide(
          { ...input, request: { ...input.request, ...(unverified && { factors: unverified }) } },
          policy,
        );
        const after = decide(
          { ...input, request: { ...input.request, ...(verified && { factors: verified }) } },
          policy,
        );
        expect(after.score).toBe(before.score);
        const satisfied = before.decision === 'STEP_UP';
        expect(after.decision).toBe(satisfied ? 'ALLOW' : before.decision);
      }),
      { numRuns: RUNS },
    );
  });
});
