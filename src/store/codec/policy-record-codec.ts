import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { PolicyRevisionEntrySchema } from '../../gen/holdfast/store/v1/log_pb.js';
import {
  PolicyChangeRecordSchema,
  PolicyRevisionRecordSchema,
  PolicyStandingSchema,
} from '../../gen/holdfast/store/v1/policy_pb.js';
import type { LogPosition } from '../ports.js';
import type { PolicyRevisionBody } from './entry-bodies.js';
import { policyRevisionBody, policyRevisionMessage } from './policy-entry-codec.js';

/** A revision with the place of its entry. */
export interface KeptRevision {
  readonly body: PolicyRevisionBody;
  readonly position: LogPosition;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

/** Where policies stand. */
export interface PolicyStanding {
  /** Number of the revision that the log named last; 0 for none. */
  readonly latest: number;
  /** Number of the revision that decides; 0 for none. */
  readonly active: number;
  /** Position of the entry since which it does. */
  readonly activePosition: LogPosition;
  /** Revisions that decided before, to roll back to; oldest first. */
  readonly earlier: readonly number[];
  /** Revisions that run in shadow, by the order of their start. */
  readonly shadows: readonly number[];
  readonly changeCount: number;
  /** Position of the last change. */
  readonly changedPosition: LogPosition;
}

export const POLICY_CHANGE_KINDS = [
  'created',
  'activated',
  'rolled-back',
  'shadow-started',
  'shadow-stopped',
] as const;
export type PolicyChangeKind = (typeof POLICY_CHANGE_KINDS)[number];

/** One change: who, what, when, why. */
export interface PolicyChange {
  readonly kind: PolicyChangeKind;
  readonly number: number;
  /** The one that decided before; for a new revision the one it was made from. 0: none. */
  readonly previous: number;
  readonly actor: string;
  readonly reason: string;
  /** Empty if no cases failed. */
  readonly overrideReason: string;
  readonly failedCaseCount: number;
  /** Milliseconds since 1970. */
  readonly changedAt: number;
  /** The revision decides from this change on. */
  readonly activates: boolean;
}

/** Serializes as `holdfast.store.v1.PolicyRevisionRecord`. */
export function encodeKeptRevision({ body, position, createdAt }: KeptRevision): Uint8Array {
  return toBinary(
    PolicyRevisionRecordSchema,
    create(PolicyRevisionRecordSchema, {
      entry: policyRevisionMessage(body),
      position,
      createdAtMs: createdAt,
    }),
  );
}

export function decodeKeptRevision(bytes: Uint8Array): KeptRevision {
  const { entry, position, createdAtMs } = fromBinary(PolicyRevisionRecordSchema, bytes);
  const body = policyRevisionBody(entry ?? create(PolicyRevisionEntrySchema));
  return { body, position, createdAt: createdAtMs };
}

/** Serializes as `holdfast.store.v1.PolicyStanding`. */
export function encodeStanding(standing: PolicyStanding): Uint8Array {
  const { earlier, shadows, ...rest } = standing;
  return toBinary(
    PolicyStandingSchema,
    create(PolicyStandingSchema, { ...rest, earlier: [...earlier], shadows: [...shadows] }),
  );
}

export function decodeStanding(bytes: Uint8Array): PolicyStanding {
  const { latest, active, activePosition, earlier, shadows, changeCount, changedPosition } = fromBinary(
    PolicyStandingSchema,
    bytes,
  );
  return { latest, active, activePosition, earlier, shadows, changeCount, changedPosition };
}

/** Serializes as `holdfast.store.v1.PolicyChangeRecord`. */
export function encodeChange({ changedAt, ...change }: PolicyChange): Uint8Array {
  return toBinary(
    PolicyChangeRecordSchema,
    create(PolicyChangeRecordSchema, { ...change, changedAtMs: changedAt }),
  );
}

/** A kind that only a newer version knows reads as `activated`: no change is left out of a history. */
export function decodeChange(bytes: Uint8Array): PolicyChange {
  const record = fromBinary(PolicyChangeRecordSchema, bytes);
  const { number, previous, actor, reason, overrideReason, failedCaseCount, changedAtMs, activates } = record;
  return {
    kind: POLICY_CHANGE_KINDS.find((kind) => kind === record.kind) ?? 'activated',
    number,
    previous,
    actor,
    reason,
    overrideReason,
    failedCaseCount,
    changedAt: changedAtMs,
    activates,
  };
}
