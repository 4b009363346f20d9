import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decide, explain } from '../../src/decision/index.js';
import type { AssessmentInput, ProviderCap } from '../../src/decision/input.js';
import { movedBy } from '../../src/decision/moved-by.js';
import { withoutWords } from '../../src/decision/provider-word.js';
import { sternnessOf } from '../../src/decision/vocabulary.js';
import { evolveHolds } from '../../src/evidence/evolve-holds.js';
import { adverseItemArb, inputArb, withAdverse } from './arbitraries.js';
import {
  cohort,
  DAY,
  event,
  HOUR,
  inputOf,
  NOW,
  policyOf,
  requestOf,
  rule,
  signal,
  TYPICAL_POLICY,
  viewOf,
  withSignals,
} from './fixtures.js';
import { policyArb } from './policy-arbitraries.js';

const RUNS = 250;
const anyPolicyArb = fc.oneof(
  { weight: 2, arbitrary: policyArb },
  { weight: 1, arbitrary: fc.constant(TYPICAL_POLICY) },
);

const capArb = (cohortIds: readonly string[]): fc.Arbitrary<ProviderCap> =>
  fc
    .record({
      provider: fc.constantFrom('att', 'other'),
      cohortId: fc.constantFrom<string | undefined>(undefined, ...cohortIds),
      most: fc.constantFrom<ProviderCap['most']>('STEP_UP', 'HOLD'),
      cause: fc.constantFrom<ProviderCap['cause']>('GOVERNED', 'MAX_DECISION'),
    })
    .map(({ cohortId, ...cap }) => (cohortId === undefined ? cap : { ...cap, provider: 'att', cohortId }));

/** Any input under one to three caps, on its own incidents too. */
const cappedInputArb: fc.Arbitrary<AssessmentInput & { readonly caps: readonly ProviderCap[] }> =
  inputArb.chain((input) =>
    fc
      .array(capArb(input.cohorts.map(({ id }) => id)), { minLength: 1, maxLength: 3 })
      .map((caps) => ({ ...input, caps })),
  );

function uncapped({ caps: _, ...input }: AssessmentInput): AssessmentInput {
  return input;
}

/** The input as a hold later sees it. */
function later(input: AssessmentInput, now: number): AssessmentInput {
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

describe('caps on providers', () => {
  test('I1: the same bytes again, after a round trip of the input too', () => {
    fc.assert(
      fc.property(cappedInputArb, anyPolicyArb, (input, policy) => {
        const verdict = decide(input, policy);
        const text = JSON.stringify([verdict, explain(input, policy, verdict)]);
        const copy: AssessmentInput = JSON.parse(JSON.stringify(input));
        const again = decide(copy, policy);
        expect(JSON.stringify([again, explain(copy, policy, again)])).toBe(text);
      }),
      { numRuns: RUNS },
    );
  });

  test('I3, I4: change the decision alone, and only to something milder', () => {
    fc.assert(
      fc.property(cappedInputArb, anyPolicyArb, (input, policy) => {
        const capped = decide(input, policy);
        const free = decide(uncapped(input), policy);
        expect(sternnessOf(capped.decision)).toBeLessThanOrEqual(sternnessOf(free.decision));
        expect(capped.score).toBe(free.score);
        expect(capped.level).toBe(free.level);
        expect(capped.untrustedChannels).toEqual(free.untrustedChannels);
        if (capped.cappedBy === undefined) expect(capped).toEqual(free);
        else {
          const codes = capped.reasons.filter(({ code }) => /GOVERNED$|^PROVIDER_MAX/.test(code));
          expect(codes).toHaveLength(capped.cappedBy.length);
          expect(codes.every(({ points, source }) => points === 0 && source === 'POLICY')).toBe(true);
        }
      }),
      { numRuns: RUNS },
    );
  });

  test('I4: more adverse evidence never helps a thief, whoever is capped', () => {
    fc.assert(
      fc.property(cappedInputArb, adverseItemArb, anyPolicyArb, (input, item, policy) => {
        const more = withAdverse(input, item);
        const before = decide(input, policy);
        const after = decide(more, policy);
        expect(after.score).toBeGreaterThanOrEqual(before.score);
        expect(sternnessOf(after.decision)).toBeGreaterThanOrEqual(sternnessOf(before.decision));
        expect(after.untrustedChannels).toEqual(expect.arrayContaining([...before.untrustedChannels]));
        if (before.decision !== 'HOLD' || after.decision !== 'HOLD') return;
        const end = explain(input, policy, before).holdUntil ?? 0;
        expect(explain(more, policy, after).holdUntil ?? 0).toBeGreaterThanOrEqual(end);
      }),
      { numRuns: 3 * RUNS },
    );
  });

  test('what is held without the capped word stays held', () => {
    fc.assert(
      fc.property(cappedInputArb, anyPolicyArb, (input, policy) => {
        const free = decide(uncapped(input), policy);
        const without = decide(uncapped(withoutWords(input, input.caps)), policy);
        const least = Math.min(sternnessOf(free.decision), sternnessOf(without.decision));
        expect(sternnessOf(decide(input, policy).decision)).toBeGreaterThanOrEqual(least);
      }),
      { numRuns: RUNS },
    );
  });

  test('I9: hold_until is the second at which it is no longer held; one second earlier it is', () => {
    fc.assert(
      fc.property(cappedInputArb, anyPolicyArb, (input, policy) => {
        const verdict = decide(input, policy);
        fc.pre(verdict.decision === 'HOLD');
        const { holdUntil = 0, release } = explain(input, policy, verdict);
        fc.pre(release === 'AUTOMATIC');
        const then = decide(later(input, holdUntil), policy);
        expect(sternnessOf(then.decision)).toBeLessThan(sternnessOf('HOLD'));
        const justBefore = decide(later(input, holdUntil - 1000), policy);
        expect(sternnessOf(justBefore.decision)).toBeGreaterThanOrEqual(sternnessOf('HOLD'));
      }),
      { numRuns: RUNS },
    );
  });
});

const POLICY = policyOf({
  rules: [
    rule('NAMED', 700, { kind: 'exposure' }),
    rule('RESET', 400, { kind: 'signal', types: ['PASSWORD_RESET'] }),
    rule('MFA', 300, { kind: 'signal', types: ['MFA_RESET'] }),
  ],
});

const NAMED = event('CREDENTIAL_COMPROMISE', DAY, { provider: 'att' });
const GOVERNED: ProviderCap = { provider: 'att', most: 'STEP_UP', cause: 'GOVERNED' };

describe('a governed provider', () => {
  const named = inputOf({ mailboxes: [viewOf([NAMED])] });

  test('asks for a step-up where it alone would hold, and says so', () => {
    expect(decide(named, POLICY).decision).toBe('HOLD');
    const verdict = decide({ ...named, caps: [GOVERNED] }, POLICY);
    expect(verdict.decision).toBe('STEP_UP');
    expect(verdict.acceptableChannels.length).toBeGreaterThan(0);
    expect(verdict.untrustedChannels).toEqual(['EMAIL']);
    expect(verdict.reasons).toContainEqual(
      expect.objectContaining({ code: 'PROVIDER_GOVERNED', points: 0, source: 'POLICY', provider: 'att' }),
    );
    expect(explain({ ...named, caps: [GOVERNED] }, POLICY, verdict).holdUntil).toBeUndefined();
  });

  test("does not free what the account's own signals hold", () => {
    const own = withSignals(named, signal('PASSWORD_RESET', HOUR), signal('MFA_RESET', HOUR));
    const verdict = decide({ ...own, caps: [GOVERNED] }, POLICY);
    expect(verdict.decision).toBe('HOLD');
    // It does not make a rejection of it either.
    expect(decide(own, POLICY).decision).toBe('REJECT');
  });

  test('leaves the word of another provider its weight', () => {
    const both = inputOf({
      mailboxes: [viewOf([NAMED, event('CREDENTIAL_COMPROMISE', DAY, { provider: 'other' })])],
    });
    expect(decide({ ...both, caps: [GOVERNED] }, POLICY).decision).toBe('HOLD');
  });

  test('is satisfied like any step-up, by a factor from before the trouble', () => {
    const factors = [{ channel: 'TOTP', enrolledAt: NOW - 300 * DAY, verifiedAt: NOW }] as const;
    const verdict = decide({ ...named, request: requestOf({ factors }), caps: [GOVERNED] }, POLICY);
    expect(verdict.decision).toBe('ALLOW');
    expect(verdict.reasons.map(({ code }) => code)).toContain('PROVIDER_GOVERNED');
  });

  test('still holds whom nobody could confirm: a step-up over no channel is a hold for a person', () => {
    const factors = [{ channel: 'EMAIL', enrolledAt: NOW - 300 * DAY }] as const;
    const verdict = decide({ ...named, request: requestOf({ factors }), caps: [GOVERNED] }, POLICY);
    expect(verdict).toMatchObject({ decision: 'HOLD', personOnly: true });
  });

  test('changes nothing where it said nothing', () => {
    const other = inputOf({
      mailboxes: [viewOf([event('CREDENTIAL_COMPROMISE', DAY, { provider: 'other' })])],
    });
    expect(decide({ ...other, caps: [GOVERNED] }, POLICY)).toEqual(decide(other, POLICY));
  });
});

describe('max_decision', () => {
  const named = inputOf({ mailboxes: [viewOf([NAMED])] });
  const strict = policyOf({ rules: [rule('NAMED', 1000, { kind: 'exposure' })] });
  const cap = (most: ProviderCap['most']): ProviderCap => ({
    provider: 'att',
    most,
    cause: 'MAX_DECISION',
  });

  test('hold: its word alone rejects nothing, but holds', () => {
    expect(decide(named, strict).decision).toBe('REJECT');
    const verdict = decide({ ...named, caps: [cap('HOLD')] }, strict);
    expect(verdict.decision).toBe('HOLD');
    expect(verdict.reasons.map(({ code }) => code)).toContain('PROVIDER_MAX_DECISION');
    expect(explain({ ...named, caps: [cap('HOLD')] }, strict, verdict).holdUntil).toBeGreaterThan(NOW);
  });

  test('step_up: its word alone asks for a step-up, even together with a milder cap', () => {
    expect(decide({ ...named, caps: [cap('STEP_UP')] }, strict).decision).toBe('STEP_UP');
    expect(decide({ ...named, caps: [cap('HOLD'), cap('STEP_UP')] }, strict).decision).toBe('STEP_UP');
  });
});

describe('whose word alone moved an answer to HOLD', () => {
  const moved = (input: AssessmentInput, policy = POLICY) =>
    movedBy(input, policy, decide(input, policy)).map(({ provider, cohortId }) =>
      cohortId === undefined ? provider : `${provider}/${cohortId}`,
    );

  test('the provider that named the mailbox', () => {
    expect(moved(inputOf({ mailboxes: [viewOf([NAMED])] }))).toEqual(['att']);
  });

  test("nobody's, where the account's own signals hold too, or another provider says the same", () => {
    const named = inputOf({ mailboxes: [viewOf([NAMED])] });
    expect(moved(withSignals(named, signal('PASSWORD_RESET', 0), signal('MFA_RESET', 0)))).toEqual([]);
    const other = event('CREDENTIAL_COMPROMISE', DAY, { provider: 'other' });
    expect(moved(inputOf({ mailboxes: [viewOf([NAMED, other])] }))).toEqual([]);
  });

  test("nobody's, where nothing is held", () => {
    const mild = policyOf({ rules: [rule('NAMED', 450, { kind: 'exposure' })] });
    expect(decide(inputOf({ mailboxes: [viewOf([NAMED])] }), mild).decision).toBe('STEP_UP');
    expect(moved(inputOf({ mailboxes: [viewOf([NAMED])] }), mild)).toEqual([]);
  });

  const policy = policyOf({ rules: [rule('INCIDENT', 700, { kind: 'cohort' })] });

  test('an incident and its provider', () => {
    const input = inputOf({ cohorts: [cohort({ id: 'c1', provider: 'att' })] });
    expect([...moved(input, policy)].sort()).toEqual(['att', 'att/c1']);
  });

  test('the provider alone, where each of its two incidents would do: it cannot hide behind a second one', () => {
    const cohorts = [cohort({ id: 'c1', provider: 'att' }), cohort({ id: 'c2', provider: 'att' })];
    expect(moved(inputOf({ cohorts }), policy)).toEqual(['att']);
  });
});
