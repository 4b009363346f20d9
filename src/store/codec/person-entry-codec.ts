import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import {
  GovernorLiftEntrySchema,
  OutcomeEntrySchema,
  type OutcomeWithdrawalSchema,
  ReleaseEntrySchema,
} from '../../gen/holdfast/store/v1/log_pb.js';
import type { GovernorLiftBody, OutcomeBody, OutcomeWithdrawal, ReleaseBody } from './entry-bodies.js';

// What people do is rare: the generated encoders serve here.

/** Serializes as `holdfast.store.v1.ReleaseEntry`. */
export function encodeRelease(body: ReleaseBody): Uint8Array {
  const { withdrawal, destination, ceiling, releasedAt, asset = '', amount = '' } = body.release;
  return toBinary(
    ReleaseEntrySchema,
    create(ReleaseEntrySchema, {
      accountId: body.accountId,
      release: { withdrawal, destination, ceiling, releasedAtMs: releasedAt, asset, amount },
      actor: body.actor,
      reason: body.reason,
    }),
  );
}

export function decodeRelease(bytes: Uint8Array): ReleaseBody {
  const { accountId, release, actor, reason } = fromBinary(ReleaseEntrySchema, bytes);
  return {
    kind: 'release',
    accountId,
    release: {
      withdrawal: release?.withdrawal ?? '',
      destination: release?.destination ?? '',
      ceiling: release?.ceiling ?? 0,
      releasedAt: release?.releasedAtMs ?? 0,
      ...(release !== undefined && release.asset !== '' && { asset: release.asset }),
      ...(release !== undefined && release.amount !== '' && { amount: release.amount }),
    },
    actor,
    reason,
  };
}

/** Serializes as `holdfast.store.v1.OutcomeEntry`. */
export function encodeOutcome(body: OutcomeBody): Uint8Array {
  const { assessmentId, label, reportedBy, observedAt, withdrawal, reason = '' } = body;
  return toBinary(
    OutcomeEntrySchema,
    create(OutcomeEntrySchema, {
      assessmentId,
      label,
      reportedBy,
      observedAtMs: observedAt,
      reason,
      ...(withdrawal !== undefined && { withdrawal: outcomeWithdrawal(withdrawal) }),
    }),
  );
}

function outcomeWithdrawal({
  at,
  ...facts
}: OutcomeWithdrawal): MessageInitShape<typeof OutcomeWithdrawalSchema> {
  return { ...facts, atMs: at };
}

export function decodeOutcome(bytes: Uint8Array): OutcomeBody {
  const { assessmentId, label, reportedBy, observedAtMs, withdrawal, reason } = fromBinary(
    OutcomeEntrySchema,
    bytes,
  );
  const body: OutcomeBody = {
    kind: 'outcome',
    assessmentId,
    label,
    reportedBy,
    observedAt: observedAtMs,
    ...(reason !== '' && { reason }),
  };
  if (withdrawal === undefined) return body;
  const { accountId, withdrawal: digest, atMs, value, destination, young, allowed } = withdrawal;
  return {
    ...body,
    withdrawal: { accountId, withdrawal: digest, at: atMs, value, destination, young, allowed },
  };
}

/** Serializes as `holdfast.store.v1.GovernorLiftEntry`. */
export function encodeGovernorLift(body: GovernorLiftBody): Uint8Array {
  const { provider, cohortId = '', actor, reason } = body;
  return toBinary(
    GovernorLiftEntrySchema,
    create(GovernorLiftEntrySchema, { provider, cohortId, actor, reason }),
  );
}

export function decodeGovernorLift(bytes: Uint8Array): GovernorLiftBody {
  const { provider, cohortId, actor, reason } = fromBinary(GovernorLiftEntrySchema, bytes);
  return { kind: 'governor-lift', provider, ...(cohortId === '' ? {} : { cohortId }), actor, reason };
}
