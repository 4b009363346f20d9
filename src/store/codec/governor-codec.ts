import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import type { MinorUnits, UnixMs } from '../../decision/vocabulary.js';
import { GovernedAccountSchema, GovernorStandingSchema } from '../../gen/holdfast/store/v1/index_pb.js';
import { StoreError } from '../ports.js';

// Only what is held changes these: the generated encoders serve here.

/** An account that one provider's word alone moved to HOLD. */
export interface GovernedAccount {
  /** When it last did. */
  readonly at: UnixMs;
  /** The largest value that was held; an unknown one counts as 0. */
  readonly value: MinorUnits;
}

/** How one governor stands. */
export interface GovernorStanding {
  /** It makes answers milder until a person lifts that. */
  readonly tripped: boolean;
  /** When it last began to. */
  readonly trippedAt?: UnixMs;
  /** The last time that a person lifted it. */
  readonly lifted?: { readonly at: UnixMs; readonly actor: string; readonly reason: string };
}

/** Serializes as `holdfast.store.v1.GovernedAccount`. */
export function encodeGovernedAccount({ at, value }: GovernedAccount): Uint8Array {
  return toBinary(GovernedAccountSchema, create(GovernedAccountSchema, { atMs: at, value }));
}

/** @throws StoreError code `STATE_CORRUPT`, as all readers here */
export function decodeGovernedAccount(bytes: Uint8Array): GovernedAccount {
  return readable(() => {
    const { atMs, value } = fromBinary(GovernedAccountSchema, bytes);
    return { at: atMs, value };
  });
}

/** Serializes as `holdfast.store.v1.GovernorStanding`. */
export function encodeGovernorStanding({ tripped, trippedAt, lifted }: GovernorStanding): Uint8Array {
  return toBinary(
    GovernorStandingSchema,
    create(GovernorStandingSchema, {
      tripped,
      ...(trippedAt === undefined ? {} : { trippedAtMs: trippedAt }),
      ...(lifted === undefined
        ? {}
        : { liftedAtMs: lifted.at, liftedBy: lifted.actor, liftReason: lifted.reason }),
    }),
  );
}

export function decodeGovernorStanding(bytes: Uint8Array): GovernorStanding {
  return readable(() => {
    const stored = fromBinary(GovernorStandingSchema, bytes);
    const { tripped, trippedAtMs, liftedAtMs, liftedBy, liftReason } = stored;
    return {
      tripped,
      ...(trippedAtMs === undefined ? {} : { trippedAt: trippedAtMs }),
      ...(liftedAtMs === undefined
        ? {}
        : { lifted: { at: liftedAtMs, actor: liftedBy, reason: liftReason } }),
    };
  });
}

function readable<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new StoreError('STATE_CORRUPT', 'a governor record cannot be read', { cause });
  }
}
