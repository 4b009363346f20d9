import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import type { UnixMs } from '../../decision/vocabulary.js';
import { HOLD_STATES, holdState } from '../../evidence/index.js';
import { Release } from '../../gen/holdfast/v1/decision_pb.js';
import { type Hold, HoldSchema } from '../../gen/holdfast/v1/hold_service_pb.js';
import type { WithdrawalHold } from '../../store/codec/hold-codec.js';
import { MINOR_UNITS_PER_UNIT } from '../risk/limits.js';

/** A hold as the contract shows it. */
export function holdMessage(hold: WithdrawalHold, now: UnixMs): Hold {
  const { end, value } = hold;
  return create(HoldSchema, {
    withdrawalId: hold.withdrawalId,
    accountId: hold.accountId,
    assessmentId: hold.assessmentId,
    state: HOLD_STATES.indexOf(holdState(hold, now)) + 1,
    firstHeldAt: timestampFromMs(hold.firstHeldAt),
    holdUntil: timestampFromMs(hold.holdUntil),
    release: hold.personOnly ? Release.PERSON : Release.AUTOMATIC,
    tier: hold.tier,
    ...(value !== undefined && { referenceValue: value / MINOR_UNITS_PER_UNIT }),
    ...(end !== undefined && {
      endedAt: timestampFromMs(end.at),
      endedBy: end.actor,
      endReason: end.reason,
    }),
  });
}
