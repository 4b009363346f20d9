import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { timestampMs } from '@bufbuild/protobuf/wkt';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FeedView } from '../../../src/decision/evidence.js';
import { FACT_NAMES } from '../../../src/decision/facts-given.js';
import type { Explanation, Reason, ReleaseCondition, Verdict } from '../../../src/decision/verdict.js';
import {
  CHANNELS,
  DECISIONS,
  FEED_STATES,
  LEVELS,
  REASON_SOURCES,
} from '../../../src/decision/vocabulary.js';
import { Channel, Decision, Release } from '../../../src/gen/holdfast/v1/decision_pb.js';
import {
  type AssessWithdrawalResponse,
  AssessWithdrawalResponseSchema,
} from '../../../src/gen/holdfast/v1/risk_service_pb.js';
import { type AnswerParts, encodeAnswer } from '../../../src/server/risk/answer.js';
import { RELEASE_CONDITION_KINDS } from '../../../src/server/risk/wire.js';
import { record } from '../../store/codec/arbitraries.js';
import { answerMessage } from './answer-message.js';
import { NOW } from './valid-request.js';

const HELD: Verdict = {
  decision: 'HOLD',
  score: 725,
  level: 'HIGH',
  tier: 'standard',
  personOnly: false,
  reasons: [
    {
      code: 'PASSWORD_RESET',
      points: 199,
      capped: 3,
      summary: 'The password was reset.',
      customerSummary: 'Your sign-in changed lately.',
      source: 'SIGNAL',
      occurredAt: NOW - 1,
      expiresAt: NOW + 86_400_000,
    },
    {
      code: 'MAILBOX_EXPOSED',
      points: 0,
      capped: 0,
      summary: 's',
      customerSummary: 'c',
      source: 'PROVIDER',
      provider: 'att',
    },
  ],
  untrustedChannels: ['EMAIL'],
  acceptableChannels: ['PASSKEY', 'TOTP'],
  degradations: [{ code: 'FEED_STALE', subject: 'att', detail: 'the feed is not current' }],
  missingFacts: ['balance_share', 'session.factors'],
  degradedAllow: false,
};

const EXPLAINED: Explanation = {
  holdUntil: NOW + 3_600_001,
  release: 'AUTOMATIC',
  releaseConditions: [
    { kind: 'WAIT', summary: 's', customerSummary: 'c', decision: 'ALLOW', at: NOW + 3_600_001 },
    { kind: 'VERIFY', summary: 's', customerSummary: 'c', decision: 'ALLOW', channels: ['TOTP'] },
    { kind: 'LOWER_VALUE', summary: 's', customerSummary: 'c', decision: 'STEP_UP', maxValue: 99_999 },
  ],
};

const PARTS: AnswerParts = {
  assessmentId: '019bc1f3-0000-7000-8000-000000000001',
  verdict: HELD,
  explanation: EXPLAINED,
  policyNumber: 3,
  policyHash: 'ab'.repeat(32),
  asOf: 'p1.z',
  feeds: [{ provider: 'att', state: 'STALE', watermark: NOW - 5_000 }],
};

const text = fc.string({ unit: 'binary', maxLength: 20 });
/** Before 1970 (an exposure that looks back) to after 2106, where seconds no longer fit 32 bits. */
const time = fc.integer({ min: -(2 ** 33), max: 2 ** 43 });
const tenths = fc.integer({ min: -150, max: 1_000 });
const channels = fc.uniqueArray(fc.constantFrom(...CHANNELS), { maxLength: 4 });

const anyParts: fc.Arbitrary<AnswerParts> = fc.record({
  assessmentId: text,
  verdict: fc.record({
    decision: fc.constantFrom(...DECISIONS),
    score: fc.integer({ min: 0, max: 1_000 }),
    level: fc.constantFrom(...LEVELS),
    tier: text,
    personOnly: fc.boolean(),
    reasons: fc.array(
      record<Reason, 'occurredAt' | 'expiresAt' | 'provider'>(
        {
          code: text,
          points: tenths,
          capped: fc.nat({ max: 500 }),
          summary: text,
          customerSummary: text,
          source: fc.constantFrom(...REASON_SOURCES),
          occurredAt: time,
          expiresAt: time,
          provider: text,
        },
        ['occurredAt', 'expiresAt', 'provider'],
      ),
      { maxLength: 5 },
    ),
    untrustedChannels: channels,
    acceptableChannels: channels,
    degradations: fc.array(fc.record({ code: text, subject: text, detail: text }), { maxLength: 3 }),
    missingFacts: fc.subarray([...FACT_NAMES]),
    degradedAllow: fc.boolean(),
  }),
  explanation: fc.option(
    record<Explanation, 'holdUntil' | 'release'>(
      {
        holdUntil: time,
        release: fc.constantFrom('AUTOMATIC', 'PERSON'),
        releaseConditions: fc.array(
          record<ReleaseCondition, 'at' | 'channels' | 'maxValue'>(
            {
              kind: fc.constantFrom(...RELEASE_CONDITION_KINDS),
              summary: text,
              customerSummary: text,
              decision: fc.constantFrom(...DECISIONS),
              at: time,
              channels,
              maxValue: fc.nat(),
            },
            ['at', 'channels', 'maxValue'],
          ),
          { maxLength: 3 },
        ),
      },
      ['holdUntil', 'release'],
    ),
    { nil: undefined },
  ),
  policyNumber: fc.nat(),
  policyHash: text,
  asOf: text,
  feeds: fc.array(
    record<FeedView, 'watermark'>(
      { provider: text, state: fc.constantFrom(...FEED_STATES), watermark: time },
      ['watermark'],
    ),
    { maxLength: 3 },
  ),
});

function sent(parts: AnswerParts): AssessWithdrawalResponse {
  return fromBinary(AssessWithdrawalResponseSchema, encodeAnswer(parts));
}

describe('the answer in bytes', () => {
  test('it is what the generated encoder makes of the same message', () => {
    fc.assert(
      fc.property(anyParts, (parts) => {
        const wanted = toBinary(AssessWithdrawalResponseSchema, answerMessage(parts));
        expect(Buffer.from(encodeAnswer(parts)).equals(wanted)).toBe(true);
      }),
    );
  });

  test('an answer that cannot be written leaves nothing behind in the next', () => {
    const broken = { ...PARTS, verdict: { ...HELD, reasons: [{ ...HELD.reasons[0], code: 7 }] } };
    expect(() => Reflect.apply(encodeAnswer, undefined, [broken])).toThrow(TypeError);
    expect(sent(PARTS)).toEqual(answerMessage(PARTS));
  });

  test('points and values are decimals, times exact to the millisecond', () => {
    const message = sent(PARTS);
    expect(message.score).toBe(72.5);
    expect(message.reasons.map(({ points, cappedPoints }) => [points, cappedPoints])).toEqual([
      [19.9, 0.3],
      [0, 0],
    ]);
    expect(message.releaseConditions.map((condition) => condition.maxReferenceValue)).toEqual([
      undefined,
      undefined,
      999.99,
    ]);
    expect(message.holdUntil && timestampMs(message.holdUntil)).toBe(NOW + 3_600_001);
    expect(message.reasons[0]?.occurredAt && timestampMs(message.reasons[0].occurredAt)).toBe(NOW - 1);
  });

  test('words become the enums of the contract', () => {
    const message = sent(PARTS);
    expect(message).toMatchObject({
      decision: Decision.HOLD,
      release: Release.AUTOMATIC,
      untrustedChannels: [Channel.EMAIL],
      acceptableChannels: [Channel.PASSKEY, Channel.TOTP],
    });
  });

  test('without an explanation nothing is said of a hold', () => {
    const message = sent({
      ...PARTS,
      verdict: { ...HELD, decision: 'ALLOW' },
      explanation: undefined,
    });
    expect(message.holdUntil).toBeUndefined();
    expect(message.release).toBe(Release.UNSPECIFIED);
    expect(message.releaseConditions).toEqual([]);
  });

  test('a score of any tenths has one decimal on the wire', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000 }), (score) => {
        const bytes = encodeAnswer({ ...PARTS, verdict: { ...HELD, score } });
        const decoded = fromBinary(AssessWithdrawalResponseSchema, bytes);
        expect(decoded.score).toBe(Number((score / 10).toFixed(1)));
      }),
    );
  });
});
