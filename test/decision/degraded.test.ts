import { describe, expect, test } from 'vitest';
import { decide, explain } from '../../src/decision/index.js';
import type { AssessmentInput } from '../../src/decision/input.js';
import { FEED_STATES, type FeedState } from '../../src/decision/vocabulary.js';
import { HOUR, inputOf, MINUTE, NOW, policyOf, requestOf, rule, spend } from './fixtures.js';

/** An input of this value while the feed is so. */
function under(state: FeedState, value: number, overrides: Partial<AssessmentInput> = {}): AssessmentInput {
  return inputOf({ request: requestOf({ value }), feeds: [{ provider: 'att', state }], ...overrides });
}

const SMALL = 50_000;
const MEDIUM = 500_000;
const LARGE = 5_000_000;

describe('a feed that is not current', () => {
  test.each(FEED_STATES)('%s', (state) => {
    const verdict = decide(under(state, MEDIUM), policyOf());
    const current = state === 'FRESH' || state === 'NOT_COVERED';
    expect(verdict.decision).toBe(current ? 'ALLOW' : 'STEP_UP');
    expect(verdict.degradations).toEqual(
      current ? [] : [{ code: `FEED_${state}`, subject: 'att', detail: 'the feed is not current' }],
    );
  });

  test('is let pass, asks for a step-up, or holds, by tier', () => {
    expect(decide(under('STALE', SMALL), policyOf())).toMatchObject({
      decision: 'ALLOW',
      degradedAllow: true,
    });
    expect(decide(under('STALE', MEDIUM), policyOf())).toMatchObject({
      decision: 'STEP_UP',
      degradedAllow: false,
    });
    expect(decide(under('STALE', LARGE), policyOf())).toMatchObject({
      decision: 'HOLD',
      degradedAllow: false,
    });
  });

  test('never lowers what the evidence asks for, and says why it raises it', () => {
    const policy = policyOf({ rules: [rule('SHARE', 300, { kind: 'balanceShare', atLeast: 0 })] });
    expect(decide(under('STALE', SMALL), policy)).toMatchObject({ decision: 'STEP_UP', degradedAllow: true });
    expect(decide(under('STALE', LARGE), policyOf()).reasons).toMatchObject([
      { code: 'FEED_NOT_CURRENT', points: 0, source: 'DEGRADED' },
    ]);
  });

  test('is not counted as let pass when the withdrawal is held anyway', () => {
    const policy = policyOf({ rules: [rule('SHARE', 600, { kind: 'balanceShare', atLeast: 0 })] });
    expect(decide(under('STALE', SMALL), policy)).toMatchObject({ decision: 'HOLD', degradedAllow: false });
  });
});

describe('the hour’s allowance', () => {
  test('asks for a step-up once it is used up', () => {
    const earlier = (agoMs: number, degraded = true) => spend(agoMs, 40_000, { degraded });
    const tight = policyOf({
      tiers: [
        {
          ...policyOf().tiers[0],
          degraded: { feedNotCurrent: 'ALLOW', behind: 'ALLOW', hourlyAllow: 90_000 },
        },
      ],
    });
    const decisionOf = (agoMs: number, degraded?: boolean, value = SMALL) => {
      const ledger = { spends: [earlier(agoMs, degraded)], holds: [], releases: [] };
      return decide(under('SILENT', value, { ledger }), tight);
    };
    expect(decisionOf(MINUTE)).toMatchObject({ decision: 'ALLOW', degradedAllow: true });
    expect(decisionOf(MINUTE, true, SMALL + 1)).toMatchObject({
      decision: 'STEP_UP',
      degradedAllow: true,
      reasons: [{ code: 'DEGRADED_ALLOWANCE_USED' }],
    });
    expect(decisionOf(MINUTE, false, SMALL + 1).decision).toBe('ALLOW');
    expect(decisionOf(HOUR + MINUTE, true, SMALL + 1).decision).toBe('ALLOW');
  });

  test('is exceeded by an unknown value (I7)', () => {
    const { value: _, ...request } = requestOf();
    const tier = {
      ...policyOf().tiers[0],
      degraded: { feedNotCurrent: 'ALLOW', behind: 'ALLOW', hourlyAllow: 9e9 },
    } as const;
    const verdict = decide(
      inputOf({ request, feeds: [{ provider: 'att', state: 'STALE' }] }),
      policyOf({ tiers: [tier] }),
    );
    expect(verdict.decision).toBe('STEP_UP');
    expect(decide(under('SILENT', SMALL), policyOf({ tiers: [tier] })).decision).toBe('ALLOW');
  });
});

describe('a state that is behind', () => {
  test('is visible and follows the tier', () => {
    const verdict = decide(under('FRESH', LARGE, { behind: true }), policyOf());
    expect(verdict).toMatchObject({ decision: 'STEP_UP', reasons: [{ code: 'STATE_BEHIND', points: 0 }] });
    expect(verdict.degradations).toMatchObject([{ code: 'BEHIND', subject: 'at_least_as_fresh' }]);
    expect(decide(under('FRESH', MEDIUM, { behind: true }), policyOf())).toMatchObject({
      decision: 'ALLOW',
      degradedAllow: true,
    });
  });

  test('beside a feed that is not current: the sterner action counts', () => {
    expect(decide(under('STALE', LARGE, { behind: true }), policyOf()).reasons).toMatchObject([
      { code: 'FEED_NOT_CURRENT' },
    ]);
  });
});

describe('a hold for want of freshness alone', () => {
  test('ends after its time, and asks for a step-up then', () => {
    const input = under('STALE', LARGE);
    const verdict = decide(input, policyOf());
    expect(explain(input, policyOf(), verdict)).toMatchObject({
      holdUntil: NOW + 2 * HOUR,
      release: 'AUTOMATIC',
    });
    const held = (ago: number) =>
      decide(
        {
          ...input,
          ledger: { ...input.ledger, holds: [{ withdrawal: 'digest-w-1', firstHeldAt: NOW - ago }] },
        },
        policyOf(),
      ).decision;
    expect(held(2 * HOUR - 1)).toBe('HOLD');
    expect(held(2 * HOUR)).toBe('STEP_UP');
  });
});

describe('absent facts', () => {
  test('are listed by their path in the request, and an unknown mailbox too (I7)', () => {
    const input = inputOf({
      request: {
        withdrawalId: 'w-1',
        withdrawal: 'digest-w-1',
        accountId: 'a-1',
        asset: 'BTC',
        amount: '1',
        destination: { id: 'd', suffix: 's', network: 'n' },
      },
      mailboxes: [],
    });
    expect(decide(input, policyOf()).degradations.map(({ code, subject }) => [code, subject])).toEqual([
      ['EMAIL_ABSENT', 'email'],
      ['REFERENCE_VALUE_ABSENT', 'reference_value'],
      ['BALANCE_SHARE_ABSENT', 'balance_share'],
      ['DESTINATION_ADDED_AT_ABSENT', 'destination.added_at'],
      ['DEVICE_ID_ABSENT', 'session.device_id'],
      ['DEVICE_FIRST_SEEN_AT_ABSENT', 'session.device_first_seen_at'],
      ['FACTORS_ABSENT', 'session.factors'],
      ['ACCOUNT_OPENED_AT_ABSENT', 'account.opened_at'],
      ['MAILBOX_UNKNOWN', 'email'],
    ]);
  });

  test('a complete request has none', () => {
    expect(decide(inputOf(), policyOf()).degradations).toEqual([]);
  });
});
