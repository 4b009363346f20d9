import { create } from '@bufbuild/protobuf';
import {
  type GetHoldRequest,
  type GetHoldResponse,
  GetHoldResponseSchema,
} from '../../gen/holdfast/v1/hold_service_pb.js';
import { invalidArgument } from '../errors.js';
import type { CallContext } from '../grpc-adapter.js';
import { FieldRules } from '../risk/field-rules.js';
import { MAX_ID_CHARACTERS } from '../risk/limits.js';
import { holdMessage } from './hold-message.js';
import type { HoldParts } from './parts.js';
import { requireHold } from './require.js';

/**
 * Fetches the hold of a withdrawal, once all that it follows from is on disk.
 *
 * @throws CallError INVALID_ARGUMENT without an id; NOT_FOUND
 * @throws JournalError code `AUDIT_UNAVAILABLE` when what is shown cannot be made durable
 */
export async function getHold(
  parts: HoldParts,
  { withdrawalId }: GetHoldRequest,
  { tenant }: CallContext,
): Promise<GetHoldResponse> {
  const now = parts.clock.nowMs();
  const rules = new FieldRules(now);
  rules.requiredText('withdrawal_id', withdrawalId, MAX_ID_CHARACTERS);
  if (rules.violations.length > 0) throw invalidArgument(rules.violations);
  const hold = holdMessage(requireHold(parts, tenant, withdrawalId), now);
  await parts.journal.whenDurable(parts.journal.head);
  return create(GetHoldResponseSchema, { hold });
}
