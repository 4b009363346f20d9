import { fromBinary } from '@bufbuild/protobuf';
import { timestampMs } from '@bufbuild/protobuf/wkt';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Explanation, Verdict } from '../../../src/decision/verdict.js';
import { Channel, Decision, Release } from '../../../src/gen/holdfast/v1/decision_pb.js';
import { AssessWithdrawalResponseSchema } from '../../../src/gen/holdfast/v1/risk_service_pb.js';
import { type AnswerParts, answerMessage, encodeAnswer } from '../../../src/server/risk/answer.js';
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

describe('the answer as a message', () => {
  test('its bytes decode to the same message', () => {
    expect(fromBinary(AssessWithdrawalResponseSchema, encodeAnswer(PARTS))).toEqual(answerMessage(PARTS));
  });

  test('points and values are decimals, times exact to the millisecond', () => {
    const message = answerMessage(PARTS);
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
    const message = answerMessage(PARTS);
    expect(message).toMatchObject({
      decision: Decision.HOLD,
      release: Release.AUTOMATIC,
      untrustedChannels: [Channel.EMAIL],
      acceptableChannels: [Channel.PASSKEY, Channel.TOTP],
    });
  });

  test('without an explanation nothing is said of a hold', () => {
    const message = answerMessage({
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
