import { create } from '@bufbuild/protobuf';
import {
  type ConfirmFraudRequest,
  type ConfirmFraudResponse,
  ConfirmFraudResponseSchema,
} from '../../gen/holdfast/v1/hold_service_pb.js';
import { invalidArgument } from '../errors.js';
import type { CallContext } from '../grpc-adapter.js';
import { record } from '../risk/record.js';
import { withdrawalOf } from '../risk/report-outcome.js';
import { holdMessage } from './hold-message.js';
import type { HoldParts } from './parts.js';
import { endRules, requireHeld, requireHold } from './require.js';

/**
 * A person confirms that a withdrawal was theft: an outcome of its assessment, recorded with who and why, and durable
 * whatever the audit mode. Also of a hold that has expired or was released: that only makes answers sterner.
 *
 * @throws CallError INVALID_ARGUMENT; NOT_FOUND
 * @throws JournalError code `AUDIT_UNAVAILABLE`; nothing has then changed
 */
export async function confirmFraud(
  parts: HoldParts,
  request: ConfirmFraudRequest,
  { tenant }: CallContext,
): Promise<ConfirmFraudResponse> {
  const { withdrawalId, actor, reason } = request;
  const rules = endRules(parts, request);
  if (rules.violations.length > 0) throw invalidArgument(rules.violations);
  const hold = requireHold(parts, tenant, withdrawalId);
  const now = parts.clock.nowMs();
  // Whoever confirmed it first did what this one wants: he is shown the hold as it stands.
  if (hold.end?.how !== 'FRAUD_CONFIRMED') {
    const { assessmentId } = hold;
    const withdrawal = withdrawalOf(requireHeld(parts, tenant, hold));
    // What was reported before by a clock that is ahead of ours must not stand against it.
    const reportedAt = parts.view.outcome(tenant, assessmentId)?.observedAt ?? 0;
    record(parts.journal, parts.view, tenant, 'outcome', () => ({
      kind: 'outcome',
      assessmentId,
      label: 'FRAUD_CONFIRMED',
      reportedBy: actor,
      observedAt: Math.max(now, reportedAt + 1),
      withdrawal,
      reason,
    }));
    parts.telemetry.outcomesReported(1, 0);
  }
  const confirmed = holdMessage(requireHold(parts, tenant, withdrawalId), now);
  // Also where he asks again: the first confirmation may still be on its way to disk.
  await parts.journal.whenDurable(parts.journal.head);
  return create(ConfirmFraudResponseSchema, { hold: confirmed });
}
