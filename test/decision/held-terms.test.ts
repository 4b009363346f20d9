import { describe, expect, test } from 'vitest';
import type { HeldRecord, RetractionRecord } from '../../src/decision/evidence.js';
import { decide, explain } from '../../src/decision/index.js';
import type { AssessmentInput, RequestFacts } from '../../src/decision/input.js';
import {
  DAY,
  event,
  HOUR,
  inputOf,
  LINK,
  lock,
  NOW,
  policyOf,
  signal,
  thiefRequest,
  withSignals,
} from './fixtures.js';

const POLICY = policyOf({
  locks: [lock('LOCK_RESET', { window: 5 * DAY })],
  hold: { maxHold: 6 * HOUR, total: 3 * DAY, reviewAfter: DAY, degradedHold: HOUR },
});
const FACTORS = [{ channel: 'TOTP' as const, enrolledAt: NOW - 300 * DAY }];

/** A thief asks, two days after a reset. */
function asked(request: Partial<RequestFacts>, hold: Partial<HeldRecord> = {}): AssessmentInput {
  const input = inputOf({ request: thiefRequest({ factors: FACTORS, ...request }) });
  const { withdrawal, destination, asset, amount } = thiefRequest();
  const held = {
    withdrawal,
    firstHeldAt: NOW - 7 * HOUR,
    destination: destination.id,
    asset,
    amount,
    ...hold,
  };
  const ledger = { ...input.ledger, holds: [held] };
  return withSignals({ ...input, ledger }, signal('PASSWORD_RESET', 2 * DAY));
}

const codes = (input: AssessmentInput): readonly string[] =>
  decide(input, POLICY).reasons.map(({ code }) => code);

describe('a served hold belongs to what was held', () => {
  test('the same, or less of it, is a question now', () => {
    for (const request of [{}, { amount: '0.3' }, { value: 900_000_00 }]) {
      expect(decide(asked(request), POLICY).decision).toBe('STEP_UP');
    }
  });

  test.each<[string, Partial<RequestFacts>]>([
    [
      'another destination',
      { destination: { id: 'b', suffix: 'b', network: 'bitcoin', addedAt: NOW - HOUR } },
    ],
    ['more', { amount: '0.6' }],
    ['another asset', { asset: 'ETH' }],
  ])('%s is held anew, for as long as any', (_, request) => {
    const input = asked(request);
    const verdict = decide(input, POLICY);
    expect(verdict.decision).toBe('HOLD');
    expect(codes(input)).toContain('HOLD_RESTARTED');
    expect(explain(input, POLICY, verdict)).toMatchObject({
      release: 'AUTOMATIC',
      holdUntil: NOW + 6 * HOUR,
    });
  });

  test('a change long after the first hold is for a person, and stays so', () => {
    const late = { firstHeldAt: NOW - HOUR, since: NOW - HOUR - 3 * DAY };
    for (const input of [asked({}, late), asked({ amount: '9' }, { firstHeldAt: NOW - 3 * DAY })]) {
      const verdict = decide(input, POLICY);
      expect(verdict).toMatchObject({ decision: 'HOLD', personOnly: true });
      expect(codes(input)).toContain('HOLD_FOR_PERSON');
      expect(explain(input, POLICY, verdict).release).toBe('PERSON');
    }
    const inTime = { firstHeldAt: NOW - HOUR, since: NOW - 3 * DAY };
    expect(decide(asked({}, inTime), POLICY)).toMatchObject({ decision: 'HOLD', personOnly: false });
    // What was held in time is a question when its time is over, however long ago that is.
    const served = { firstHeldAt: NOW - 10 * DAY, since: NOW - 12 * DAY };
    expect(decide(asked({}, served), POLICY).decision).toBe('STEP_UP');
  });

  test('a hold of before, which did not say what was held, is of what is asked', () => {
    const { withdrawal } = thiefRequest();
    const input = asked({ amount: '9' });
    const ledger = { ...input.ledger, holds: [{ withdrawal, firstHeldAt: NOW - 7 * HOUR }] };
    expect(decide({ ...input, ledger }, POLICY).decision).toBe('STEP_UP');
  });
});

describe('a release belongs to what was released', () => {
  const released = (request: Partial<RequestFacts>): AssessmentInput => {
    const input = asked(request);
    const { withdrawal, destination } = thiefRequest();
    const release = { withdrawal, destination: destination.id, ceiling: 0, releasedAt: NOW - HOUR };
    const ledger = { ...input.ledger, releases: [{ ...release, asset: 'BTC', amount: '0.5' }] };
    return { ...input, ledger };
  };

  test('it ends when what had closed an exposure before it is taken back', () => {
    const opening = event('CREDENTIAL_COMPROMISE', 3 * DAY);
    const closing = event('RESECURED', 2 * DAY);
    const asking = (releasedAgo: number, retraction: Partial<RetractionRecord> = {}): AssessmentInput => {
      const input = released({});
      const retractions = [
        { provider: closing.provider, id: closing.id, issuedAt: NOW - 9 * HOUR, ...retraction },
      ];
      const [release] = input.ledger.releases.map((one) => ({ ...one, releasedAt: NOW - releasedAgo }));
      return {
        ...input,
        ledger: { ...input.ledger, releases: release === undefined ? [] : [release] },
        mailboxes: [
          { link: LINK, records: [{ form: 'exact', record: { events: [opening, closing], retractions } }] },
        ],
      };
    };
    const decision = (input: AssessmentInput) => decide(input, POLICY).decision;
    expect(decision(asking(HOUR))).toBe('ALLOW');
    // The hold was served long ago: without the release it is a question.
    expect(decision(asking(10 * HOUR))).toBe('STEP_UP');
    // What its provider says of the time is nothing: when we heard of it counts.
    expect(decision(asking(HOUR, { receivedAt: NOW - 2 * HOUR }))).toBe('ALLOW');
    expect(decision(asking(HOUR, { receivedAt: NOW - HOUR }))).toBe('STEP_UP');
    // What was said of the mailbox and taken back was no closing.
    expect(decision(asking(HOUR, { id: opening.id, receivedAt: NOW }))).toBe('ALLOW');
  });

  test('the value may move with the price; the amount may not grow', () => {
    expect(decide(released({ value: 99_000_000 }), POLICY).decision).toBe('ALLOW');
    const { value: _, ...unvalued } = thiefRequest({ factors: FACTORS });
    expect(decide({ ...released({}), request: unvalued }, POLICY).decision).toBe('ALLOW');
    for (const request of [{ amount: '0.51' }, { asset: 'ETH' }]) {
      expect(decide(released(request), POLICY).decision).toBe('HOLD');
    }
  });
});
