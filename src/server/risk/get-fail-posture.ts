import { create } from '@bufbuild/protobuf';
import { durationFromMs } from '@bufbuild/protobuf/wkt';
import { PolicyRevisionRefSchema } from '../../gen/holdfast/v1/decision_pb.js';
import {
  FailPostureSchema,
  FailPostureTierSchema,
  type GetFailPostureResponse,
  GetFailPostureResponseSchema,
} from '../../gen/holdfast/v1/risk_service_pb.js';
import type { RiskParts } from './parts.js';
import { DECISION_NUMBERS } from './wire.js';

/** How long a client may keep a posture that lets nothing go: it only learns so late of one that does. */
const HOLDING_VALID_MS = 15 * 60_000;

/** What the live policy lets clients do alone: hold, unless it has a section that says otherwise. */
export function getFailPosture(parts: Pick<RiskParts, 'livePolicy'>): GetFailPostureResponse {
  const { policy, number } = parts.livePolicy();
  const { withoutAnswer } = policy;
  const posture = create(FailPostureSchema, {
    policyRevision: create(PolicyRevisionRefSchema, { number, hash: policy.hash }),
    currency: policy.currency,
    tiers: policy.tiers.map(({ name, below }, index) =>
      create(FailPostureTierSchema, {
        name,
        ...(below !== undefined && { belowHundredths: BigInt(below) }),
        decision: DECISION_NUMBERS[index < (withoutAnswer?.allowTiers ?? 0) ? 'ALLOW' : 'HOLD'],
      }),
    ),
    validFor: durationFromMs(withoutAnswer?.validFor ?? HOLDING_VALID_MS),
  });
  if (withoutAnswer !== undefined) {
    posture.destinationUsedFor = durationFromMs(withoutAnswer.destinationUsedFor);
    posture.accountHourlyHundredths = BigInt(withoutAnswer.accountHourlyValue);
    posture.accountHourlyCount = withoutAnswer.accountHourlyCount;
    posture.hourlyHundredths = BigInt(withoutAnswer.hourlyValue);
  }
  return create(GetFailPostureResponseSchema, { posture });
}
