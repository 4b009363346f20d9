import { create } from '@bufbuild/protobuf';
import type { ReleaseRecord } from '../../decision/evidence.js';
import type { UnixMs } from '../../decision/vocabulary.js';
import { holdState } from '../../evidence/index.js';
import {
  type ReleaseHoldRequest,
  type ReleaseHoldResponse,
  ReleaseHoldResponseSchema,
} from '../../gen/holdfast/v1/hold_service_pb.js';
import type { WithdrawalHold } from '../../store/codec/hold-codec.js';
import { CallError, invalidArgument } from '../errors.js';
import type { CallContext } from '../grpc-adapter.js';
import { MAX_ID_CHARACTERS, MAX_REFERENCE_VALUE, MINOR_UNITS_PER_UNIT } from '../risk/limits.js';
import { record } from '../risk/record.js';
import { holdMessage } from './hold-message.js';
import type { HoldParts } from './parts.js';
import { endRules, hasEndedSo, notOpen, requireHeld, requireHold } from './require.js';

/** The smallest sum there is. Whoever sends 0 meant to leave it out. */
const MIN_CEILING = 1 / MINOR_UNITS_PER_UNIT;

/**
 * A person lets a withdrawal go, as it was held. Recorded with who and why, and durable whatever the audit mode.
 *
 * @throws CallError INVALID_ARGUMENT; NOT_FOUND; FAILED_PRECONDITION when the hold is not open, or not the one that was
 *   looked at
 * @throws JournalError code `AUDIT_UNAVAILABLE`; nothing has then changed
 */
export async function releaseHold(
  parts: HoldParts,
  request: ReleaseHoldRequest,
  { tenant }: CallContext,
): Promise<ReleaseHoldResponse> {
  const { withdrawalId, assessmentId, actor, reason } = request;
  const rules = endRules(parts, request);
  rules.optionalText('assessment_id', assessmentId, MAX_ID_CHARACTERS);
  const ceiling = rules.optionalNumber('ceiling', request.ceiling, MIN_CEILING, MAX_REFERENCE_VALUE);
  if (rules.violations.length > 0) throw invalidArgument(rules.violations);
  const hold = requireHold(parts, tenant, withdrawalId);
  const now = parts.clock.nowMs();
  if (assessmentId !== '' && assessmentId !== hold.assessmentId) {
    throw new CallError(
      'HOLD_NOT_OPEN',
      'the withdrawal was held anew since that assessment: look at it again',
    );
  }
  if (!hasEndedSo(hold, 'RELEASED', request)) {
    if (holdState(hold, now) !== 'OPEN') throw notOpen(hold, now);
    const release = releaseOf(parts, tenant, hold, now, ceiling);
    const { accountId } = hold;
    record(parts.journal, parts.view, tenant, 'release', () => ({
      kind: 'release',
      accountId,
      release,
      actor,
      reason,
    }));
  }
  const released = holdMessage(requireHold(parts, tenant, withdrawalId), now);
  // Also where he asks again: the first release may still be on its way to disk.
  await parts.journal.whenDurable(parts.journal.head);
  return create(ReleaseHoldResponseSchema, { hold: released });
}

/** What was held is bound by its amount, since prices move; what a ceiling lets go, by its value. */
function releaseOf(
  parts: HoldParts,
  tenant: string,
  hold: WithdrawalHold,
  now: UnixMs,
  ceiling: number | undefined,
): ReleaseRecord {
  const { withdrawal, destination, asset, amount } = requireHeld(parts, tenant, hold).body.input.request;
  const terms = { withdrawal, destination: destination.id, asset, releasedAt: now };
  if (ceiling === undefined) return { ...terms, amount, ceiling: hold.value ?? 0 };
  const most = Math.round(ceiling * MINOR_UNITS_PER_UNIT);
  if (hold.value !== undefined && most > hold.value) {
    throw invalidArgument([
      { field: 'ceiling', reason: 'OUT_OF_RANGE', description: 'must not be more than what was held' },
    ]);
  }
  return { ...terms, ceiling: most };
}
