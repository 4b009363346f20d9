import type { AssessWithdrawalRequestSchema } from '../../gen/holdfast/v1/risk_service_pb.js';
import type { UrgencyOf } from '../unary-handler.js';
import type { RiskParts } from './parts.js';

/** No value is more urgent than a million. */
const HIGHEST = 6;

/** What is asked again goes before all that is asked for the first time. */
const ASKED_AGAIN = HIGHEST + 1;

/**
 * Who goes first when not all withdrawals can be answered in time. Ten times the value is one more. Without a value it
 * may be any, and goes with the largest. What is asked again goes first of all: somebody has waited for it already, and an
 * answer that is remembered costs little.
 */
export function urgencyOfWithdrawal({
  view,
}: Pick<RiskParts, 'view'>): UrgencyOf<typeof AssessWithdrawalRequestSchema> {
  return ({ referenceValue, requestId }, attempts, { tenant }) => {
    if (attempts > 0) return ASKED_AGAIN;
    if (requestId !== '' && view.request(tenant, requestId) !== undefined) return ASKED_AGAIN;
    if (referenceValue === undefined || !(referenceValue > 0)) return HIGHEST;
    return Math.min(HIGHEST, Math.max(0, Math.log10(referenceValue)));
  };
}
