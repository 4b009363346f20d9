import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { getAssessment } from '../../audit/index.js';
import type { AssessmentInput } from '../../decision/input.js';
import { AssessWithdrawalResponseSchema } from '../../gen/holdfast/v1/risk_service_pb.js';
import type { LogPosition } from '../../store/ports.js';
import type { RiskParts } from './parts.js';

/** The HOLD that a withdrawal got before a person confirmed it as theft. */
export interface ConfirmedTheft {
  readonly response: Uint8Array;
  readonly position: LogPosition;
}

/**
 * The answer of a withdrawal that was confirmed as theft: its HOLD once more, whatever is asked and however long ago it
 * was to end, until the confirmation is taken back. Undefined for all others.
 */
export function confirmedTheft(
  { view, journal }: Pick<RiskParts, 'view' | 'journal'>,
  tenant: string,
  { ledger, request }: AssessmentInput,
): ConfirmedTheft | undefined {
  // Only what was held has a hold: for most nothing is looked up.
  if (ledger.holds.length === 0) return undefined;
  const hold = view.holds.get(tenant, request.withdrawal);
  if (hold?.end?.how !== 'FRAUD_CONFIRMED' || hold.accountId !== request.accountId) return undefined;
  const { assessmentId, position } = hold;
  const held = getAssessment(journal, tenant, assessmentId, position);
  return held === undefined ? undefined : { response: held.body.response, position };
}

/** The same answer for a dry run, which has no record. */
export function withoutRecord(response: Uint8Array): Uint8Array {
  const answer = fromBinary(AssessWithdrawalResponseSchema, response);
  return toBinary(
    AssessWithdrawalResponseSchema,
    create(AssessWithdrawalResponseSchema, { ...answer, assessmentId: '' }),
  );
}
