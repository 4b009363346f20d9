import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  PolicyActivationEntrySchema,
  type PolicyRevisionEntry,
  PolicyRevisionEntrySchema,
  PolicyShadowEntrySchema,
} from '../../gen/holdfast/store/v1/log_pb.js';
import type { PolicyActivationBody, PolicyRevisionBody, PolicyShadowBody } from './entry-bodies.js';

// Changes of policies are rare: the generated encoders serve here.

/** A revision as `holdfast.store.v1.PolicyRevisionEntry`. */
export function policyRevisionMessage(body: PolicyRevisionBody): PolicyRevisionEntry {
  const { number, hash, text, author, message, parent, activates, cases } = body;
  return create(PolicyRevisionEntrySchema, {
    number,
    hash,
    text,
    author,
    message,
    parent,
    activates: activates ?? false,
    cases: cases?.map((file) => ({ name: file.name, text: file.text })) ?? [],
  });
}

export function policyRevisionBody(entry: PolicyRevisionEntry): PolicyRevisionBody {
  const { number, hash, text, author, message, parent, activates, cases } = entry;
  return {
    kind: 'policy-revision',
    number,
    hash,
    text,
    author,
    message,
    parent,
    ...(activates ? { activates } : {}),
    ...(cases.length > 0 ? { cases: cases.map((file) => ({ name: file.name, text: file.text })) } : {}),
  };
}

export function encodePolicyRevision(body: PolicyRevisionBody): Uint8Array {
  return toBinary(PolicyRevisionEntrySchema, policyRevisionMessage(body));
}

export function decodePolicyRevision(bytes: Uint8Array): PolicyRevisionBody {
  return policyRevisionBody(fromBinary(PolicyRevisionEntrySchema, bytes));
}

/** Serializes as `holdfast.store.v1.PolicyActivationEntry`. */
export function encodePolicyActivation(body: PolicyActivationBody): Uint8Array {
  const { number, previous, actor, reason, rollback, override } = body;
  return toBinary(
    PolicyActivationEntrySchema,
    create(PolicyActivationEntrySchema, {
      number,
      previous,
      actor,
      reason,
      rollback: rollback ?? false,
      overrideReason: override?.reason ?? '',
      failedCaseCount: override?.failedCaseCount ?? 0,
    }),
  );
}

export function decodePolicyActivation(bytes: Uint8Array): PolicyActivationBody {
  const entry = fromBinary(PolicyActivationEntrySchema, bytes);
  const { number, previous, actor, reason, rollback, overrideReason, failedCaseCount } = entry;
  return {
    kind: 'policy-activation',
    number,
    previous,
    actor,
    reason,
    ...(rollback ? { rollback } : {}),
    ...(failedCaseCount > 0 ? { override: { reason: overrideReason, failedCaseCount } } : {}),
  };
}

/** Serializes as `holdfast.store.v1.PolicyShadowEntry`. */
export function encodePolicyShadow(body: PolicyShadowBody): Uint8Array {
  const { number, starts, actor, reason } = body;
  return toBinary(
    PolicyShadowEntrySchema,
    create(PolicyShadowEntrySchema, { number, starts, actor, reason }),
  );
}

export function decodePolicyShadow(bytes: Uint8Array): PolicyShadowBody {
  const { number, starts, actor, reason } = fromBinary(PolicyShadowEntrySchema, bytes);
  return { kind: 'policy-shadow', number, starts, actor, reason };
}
