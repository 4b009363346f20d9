import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import type { MinorUnits, UnixMs } from '../../decision/vocabulary.js';
import { WithdrawalHoldSchema } from '../../gen/holdfast/store/v1/index_pb.js';
import { type LogPosition, StoreError } from '../ports.js';

// Only what is held changes these: the generated encoders serve here.

/** The hold of one withdrawal: its latest HOLD answer, and how a person ended it. */
export interface WithdrawalHold {
  /** The exchange's id. */
  readonly withdrawalId: string;
  readonly accountId: string;
  /** The latest assessment that held it. */
  readonly assessmentId: string;
  /** Where that is in the log. */
  readonly position: LogPosition;
  readonly firstHeldAt: UnixMs;
  /** When it was last held. */
  readonly heldAt: UnixMs;
  /** When it ends by itself; where only a person may end it, when a review is due. */
  readonly holdUntil: UnixMs;
  readonly personOnly: boolean;
  /** Absent: unknown. */
  readonly value?: MinorUnits;
  readonly tier: string;
  /** Absent: no person ended it. */
  readonly end?: HoldEnding;
}

/** How a person ended a hold. */
export interface HoldEnding {
  readonly how: 'RELEASED' | 'FRAUD_CONFIRMED';
  readonly at: UnixMs;
  readonly actor: string;
  /** Empty: reported as an outcome, without one. */
  readonly reason: string;
}

/** Serializes as `holdfast.store.v1.WithdrawalHold`. */
export function encodeHold(hold: WithdrawalHold): Uint8Array {
  const { firstHeldAt, heldAt, holdUntil, end, ...rest } = hold;
  return toBinary(
    WithdrawalHoldSchema,
    create(WithdrawalHoldSchema, {
      ...rest,
      firstHeldAtMs: firstHeldAt,
      heldAtMs: heldAt,
      holdUntilMs: holdUntil,
      ...(end !== undefined && {
        ended: end.how,
        endedAtMs: end.at,
        endedBy: end.actor,
        endReason: end.reason,
      }),
    }),
  );
}

/** @throws StoreError code `STATE_CORRUPT` */
export function decodeHold(bytes: Uint8Array): WithdrawalHold {
  try {
    const stored = fromBinary(WithdrawalHoldSchema, bytes);
    const { value, ended, endedAtMs: at, endedBy: actor, endReason: reason } = stored;
    return {
      withdrawalId: stored.withdrawalId,
      accountId: stored.accountId,
      assessmentId: stored.assessmentId,
      position: stored.position,
      firstHeldAt: stored.firstHeldAtMs,
      heldAt: stored.heldAtMs,
      holdUntil: stored.holdUntilMs,
      personOnly: stored.personOnly,
      tier: stored.tier,
      ...(value !== undefined && { value }),
      ...((ended === 'RELEASED' || ended === 'FRAUD_CONFIRMED') && {
        end: { how: ended, at, actor, reason },
      }),
    };
  } catch (cause) {
    throw new StoreError('STATE_CORRUPT', 'the record of a hold cannot be read', { cause });
  }
}
