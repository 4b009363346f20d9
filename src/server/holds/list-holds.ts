import { create } from '@bufbuild/protobuf';
import { placeToken, readPlaceToken } from '../../audit/page-token.js';
import { HOLD_STATES, type HoldState } from '../../evidence/index.js';
import {
  type ListHoldsRequest,
  type ListHoldsResponse,
  ListHoldsResponseSchema,
} from '../../gen/holdfast/v1/hold_service_pb.js';
import type { WithdrawalHold } from '../../store/codec/hold-codec.js';
import { CallError, invalidArgument } from '../errors.js';
import type { CallContext } from '../grpc-adapter.js';
import { FieldRules } from '../risk/field-rules.js';
import { DEFAULT_PAGE_SIZE, MAX_ID_CHARACTERS, MAX_PAGE_SIZE, MAX_TOKEN_CHARACTERS } from '../risk/limits.js';
import { holdMessage } from './hold-message.js';
import type { HoldParts } from './parts.js';

/** Holds read before it is asked whether others may have the thread. */
const SLICE_HOLDS = 50;

/**
 * Lists holds of the caller's tenant, the one due first before the others, once all that they follow from is on disk.
 *
 * @throws CallError INVALID_ARGUMENT for wrong filters, or a page token of other filters; DEADLINE_EXCEEDED when the
 *   caller has gone
 * @throws JournalError code `AUDIT_UNAVAILABLE` when what is shown cannot be made durable
 */
export async function listHolds(
  parts: HoldParts,
  request: ListHoldsRequest,
  context: CallContext,
): Promise<ListHoldsResponse> {
  const { tenant, slices } = context;
  const now = parts.clock.nowMs();
  const rules = new FieldRules(now);
  const accountId = rules.optionalText('account_id', request.accountId, MAX_ID_CHARACTERS);
  const states = readStates(request.states, rules);
  rules.optionalText('page_token', request.pageToken, MAX_TOKEN_CHARACTERS);
  if (rules.violations.length > 0) throw invalidArgument(rules.violations);
  const scope = JSON.stringify(['holds', tenant, accountId, states]);
  const after = request.pageToken === '' ? undefined : requirePlace(request.pageToken, scope);
  const pageSize = request.pageSize === 0 ? DEFAULT_PAGE_SIZE : Math.min(request.pageSize, MAX_PAGE_SIZE);
  const holds: WithdrawalHold[] = [];
  let next = after;
  do {
    const found = parts.view.holds.list({
      tenant,
      ...(accountId !== '' && { accountId }),
      states,
      now,
      ...(next !== undefined && { after: next }),
      limit: Math.min(SLICE_HOLDS, pageSize - holds.length),
    });
    holds.push(...found.holds);
    next = found.next;
    if (slices?.isOver() === true) {
      await slices.next();
      if (context.cancelled()) throw new CallError('DEADLINE_PASSED');
    }
  } while (next !== undefined && holds.length < pageSize);
  const page = create(ListHoldsResponseSchema, {
    holds: holds.map((hold) => holdMessage(hold, now)),
    nextPageToken: next === undefined ? '' : placeToken(next, scope),
  });
  await parts.journal.whenDurable(parts.journal.head);
  return page;
}

/** In the order of the contract, each once. */
function readStates(wireNumbers: readonly number[], rules: FieldRules): readonly HoldState[] {
  if (wireNumbers.length === 0) return ['OPEN'];
  const wanted = wireNumbers.map((wireNumber, index) =>
    rules.requiredWord(`states[${index}]`, HOLD_STATES, wireNumber),
  );
  return HOLD_STATES.filter((state) => wanted.includes(state));
}

function requirePlace(token: string, scope: string): string {
  const place = readPlaceToken(token, scope);
  if (place !== undefined) return place;
  throw new CallError('PAGE_TOKEN_INVALID', undefined, {
    violations: [
      {
        field: 'page_token',
        reason: 'NOT_A_TOKEN',
        description: 'must come from a page with the same filters',
      },
    ],
  });
}
