import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  GovernorLiftEntrySchema,
  OutcomeEntrySchema,
  ReleaseEntrySchema,
} from '../../gen/holdfast/store/v1/log_pb.js';
import type { GovernorLiftBody, OutcomeBody, ReleaseBody } from './entry-bodies.js';

// What people do is rare: the generated encoders serve here.

/** Serializes as `holdfast.store.v1.ReleaseEntry`. */
export function encodeRelease(body: ReleaseBody): Uint8Array {
  const { withdrawal, destination, ceiling, releasedAt } = body.release;
  return toBinary(
    ReleaseEntrySchema,
    create(ReleaseEntrySchema, {
      accountId: body.accountId,
      release: { withdrawal, destination, ceiling, releasedAtMs: releasedAt },
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
    },
    actor,
    reason,
  };
}

/** Serializes as `holdfast.store.v1.OutcomeEntry`. */
export function encodeOutcome(body: OutcomeBody): Uint8Array {
  const { assessmentId, label, reportedBy, observedAt } = body;
  return toBinary(
    OutcomeEntrySchema,
    create(OutcomeEntrySchema, { assessmentId, label, reportedBy, observedAtMs: observedAt }),
  );
}

export function decodeOutcome(bytes: Uint8Array): OutcomeBody {
  const { assessmentId, label, reportedBy, observedAtMs } = fromBinary(OutcomeEntrySchema, bytes);
  return { kind: 'outcome', assessmentId, label, reportedBy, observedAt: observedAtMs };
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
