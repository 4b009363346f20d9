import { create, fromBinary } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import type { RecordedAssessment } from '../../audit/index.js';
import {
  type Assessment,
  AssessmentSchema,
  AssessWithdrawalResponseSchema,
} from '../../gen/holdfast/v1/risk_service_pb.js';
import { MINOR_UNITS_PER_UNIT } from './limits.js';

/** A recorded assessment as the contract shows it. */
export function assessmentMessage(recorded: RecordedAssessment): Assessment {
  const { body } = recorded;
  const { request } = body.input;
  return create(AssessmentSchema, {
    assessmentId: recorded.id,
    assessedAt: timestampFromMs(recorded.assessedAt),
    withdrawalId: request.withdrawalId,
    accountId: request.accountId,
    asset: request.asset,
    amount: request.amount,
    tier: body.tier,
    response: fromBinary(AssessWithdrawalResponseSchema, body.response),
    engineVersion: body.engineVersion,
    ...(request.value === undefined ? {} : { referenceValue: request.value / MINOR_UNITS_PER_UNIT }),
  });
}
