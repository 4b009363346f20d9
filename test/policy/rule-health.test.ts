import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decide } from '../../src/decision/index.js';
import type { AssessmentInput } from '../../src/decision/input.js';
import type { CompiledPolicy, ScoreRule } from '../../src/decision/policy-model.js';
import { type AssessedCase, type KnownOutcome, RuleHealthTally } from '../../src/policy/health/index.js';
import { inputFor } from '../audit/recorded.js';
import { readSmallPolicy } from './small-policy.js';

const NOW = Date.UTC(2026, 0, 15);
const HOUR_MS = 3_600_000;
const POLICY = readSmallPolicy();

interface Story {
  readonly account: string;
  readonly isReset: boolean;
  readonly isExposed: boolean;
  readonly share: number;
  readonly value: number;
  readonly outcome: KnownOutcome | undefined;
}

function inputOf(story: Story): AssessmentInput {
  const { account, isReset, isExposed, share, value } = story;
  const input = inputFor(account, NOW);
  const aliases = [{ alias: 'alias', form: 'exact' as const }];
  return {
    ...input,
    request: { ...input.request, balanceShare: share, value },
    account: {
      ...input.account,
      signals: isReset
        ? [
            {
              type: 'PASSWORD_RESET',
              id: 's',
              digest: 'd',
              occurredAt: NOW - HOUR_MS,
              receivedAt: NOW - HOUR_MS,
            },
          ]
        : [],
    },
    mailboxes: [
      {
        link: { alias: 'alias', aliases, domain: 'att.net', lastUsedAt: NOW },
        records: isExposed
          ? [
              {
                form: 'exact' as const,
                record: {
                  events: [
                    {
                      type: 'CREDENTIAL_COMPROMISE' as const,
                      provider: 'att',
                      id: 'e',
                      occurredAt: NOW - 2 * HOUR_MS,
                      issuedAt: NOW - 2 * HOUR_MS,
                      receivedAt: NOW - 2 * HOUR_MS,
                      timeIs: 'OCCURRED' as const,
                      unauthorised: true,
                      confidence: 1,
                    },
                  ],
                  retractions: [],
                },
              },
            ]
          : [],
      },
    ],
  };
}

const story: fc.Arbitrary<Story> = fc.record({
  account: fc.constantFrom('a', 'b', 'c'),
  isReset: fc.boolean(),
  isExposed: fc.boolean(),
  share: fc.constantFrom(0.1, 0.6),
  value: fc.constantFrom(50, 50_000, 500_000),
  outcome: fc.option(
    fc.record({ isFraud: fc.boolean(), observedAt: fc.integer({ min: NOW, max: NOW + 100 * HOUR_MS }) }),
    { nil: undefined },
  ),
});

function caseOf(one: Story): AssessedCase {
  const { outcome } = one;
  return { input: inputOf(one), policy: POLICY, ...(outcome === undefined ? {} : { outcome }) };
}

/** The policy without one of its scoring rules, made by hand. */
function without(code: string): CompiledPolicy {
  return {
    ...POLICY,
    rules: POLICY.rules.filter((rule) => rule.code !== code),
    sequences: POLICY.sequences.filter((rule) => rule.code !== code),
    locks: POLICY.locks.filter((rule) => rule.code !== code),
    customRules: POLICY.customRules.filter((rule) => rule.code !== code),
  };
}

describe('every figure equals a slow recount', () => {
  test.each(['RESET', 'STORY', 'LOCK', 'OWN'])('%s', (code) => {
    fc.assert(
      fc.property(fc.array(story, { minLength: 1, maxLength: 25 }), (stories) => {
        const tally = new RuleHealthTally();
        for (const one of stories) tally.add(caseOf(one));
        const health = tally.health().find((one) => one.code === code);
        const hits = stories.filter((one) =>
          decide(inputOf(one), POLICY).reasons.some((reason) => reason.code === code),
        );
        expect(health?.hitCount ?? 0).toBe(hits.length);
        if (health === undefined) return;
        expect(health.accountCount).toBe(new Set(hits.map(({ account }) => account)).size);
        const points = hits
          .flatMap((one) => decide(inputOf(one), POLICY).reasons)
          .filter((reason) => reason.code === code)
          .reduce((sum, reason) => sum + reason.points, 0);
        expect(health.points).toBe(points);
        const fraud = hits.filter(({ outcome }) => outcome?.isFraud === true).length;
        const honest = hits.filter(({ outcome }) => outcome?.isFraud === false).length;
        expect([health.fraudCount, health.honestCount]).toEqual([fraud, honest]);
        expect(health.precision).toBe(fraud + honest === 0 ? undefined : fraud / (fraud + honest));
        const turned = hits.filter(
          (one) => decide(inputOf(one), without(code)).decision !== decide(inputOf(one), POLICY).decision,
        );
        expect(health.turned.reduce((sum, flip) => sum + flip.count, 0)).toBe(turned.length);
        expect(health.turned.reduce((sum, flip) => sum + flip.value, 0)).toBe(
          turned.reduce((sum, { value }) => sum + value, 0),
        );
      }),
    );
  });
});

describe('one by one', () => {
  function healthOf(...stories: Story[]) {
    const tally = new RuleHealthTally();
    for (const one of stories) tally.add(caseOf(one));
    return tally.health();
  }
  const usual: Story = {
    account: 'a',
    isReset: false,
    isExposed: false,
    share: 0.1,
    value: 50,
    outcome: undefined,
  };

  test('a lock that alone holds has turned the decision', () => {
    const lock = healthOf({ ...usual, isReset: true, share: 0.6, value: 20_000 }).find(
      ({ code }) => code === 'LOCK',
    );
    expect(lock).toMatchObject({ kind: 'LOCK', hitCount: 1, points: 0 });
  });

  test('lead time is the median time from the answer to the proof', () => {
    const leads = [10, 2, 30, 4].map((hours) => ({
      ...usual,
      isReset: true,
      outcome: { isFraud: true, observedAt: NOW + hours * HOUR_MS },
    }));
    expect(healthOf(...leads).find(({ code }) => code === 'RESET')?.medianLead).toBe(4 * HOUR_MS);
  });

  test('a provider whose event turns a decision is named with it, and one that said nothing is not', () => {
    const exposed: ScoreRule = {
      code: 'EXPOSED',
      source: 'PROVIDER',
      when: { kind: 'exposure' },
      points: 250,
      aloneAtMostStepUp: false,
      timesConfidence: false,
      summary: '',
      customerSummary: '',
    };
    const policy = { ...POLICY, rules: [...POLICY.rules, exposed] };
    const tally = new RuleHealthTally();
    const known = { ...usual, isExposed: true, value: 500_000 };
    tally.add({ input: inputOf(usual), policy });
    tally.add({ input: inputOf(known), policy });
    const providers = tally.health().filter(({ kind }) => kind === 'PROVIDER');
    expect(providers).toMatchObject([{ code: 'att', hitCount: 1, accountCount: 1, points: 250 }]);
    const before = decide(inputOf({ ...known, isExposed: false }), policy).decision;
    const after = decide(inputOf(known), policy).decision;
    expect(before).not.toBe(after);
    expect(providers[0]?.turned).toEqual([{ before, after, count: 1, value: 500_000 }]);
  });

  test('a rule that fails counts as an error, not as a hit', () => {
    const failing: CompiledPolicy = {
      ...POLICY,
      customRules: POLICY.customRules.map((rule) => ({ ...rule, onErrorPoints: 0, test: () => undefined })),
    };
    const tally = new RuleHealthTally();
    tally.add({ input: inputOf(usual), policy: failing });
    expect(tally.health()).toMatchObject([{ code: 'OWN', hitCount: 0, errorCount: 1 }]);
  });
});
