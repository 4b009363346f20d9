import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { type AssessmentFilter, findAssessments } from '../../audit/index.js';
import { DECISIONS, type Decision } from '../../decision/vocabulary.js';
import {
  type ListAssessmentsRequest,
  ListAssessmentsResponseSchema,
} from '../../gen/holdfast/v1/risk_service_pb.js';
import { OUTCOME_LABELS, type OutcomeLabel } from '../../policy/simulate/replay-item.js';
import { CallError, invalidArgument } from '../errors.js';
import { type CallContext, EncodedResponse } from '../grpc-adapter.js';
import { assessmentMessage } from './assessment-message.js';
import { FieldRules } from './field-rules.js';
import { DEFAULT_PAGE_SIZE, MAX_ID_CHARACTERS, MAX_PAGE_SIZE, MAX_TOKEN_CHARACTERS } from './limits.js';
import type { RiskParts } from './parts.js';

/** Scores are from 0 to this. */
const MAX_SCORE = 100;

/**
 * Lists assessments of the caller's tenant, newest first, once the newest of the page is on disk. A page may be short,
 * or empty, and still have a next one.
 *
 * @throws CallError INVALID_ARGUMENT for wrong filters, or a page token of other filters; DEADLINE_EXCEEDED when the
 * caller has gone
 * @throws JournalError code `AUDIT_UNAVAILABLE` when a record of the page cannot be made durable
 */
export async function listAssessments(
  parts: RiskParts,
  request: ListAssessmentsRequest,
  context: CallContext,
): Promise<EncodedResponse> {
  const rules = new FieldRules(parts.clock.nowMs());
  const filter = readFilter(request, rules);
  rules.optionalText('page_token', request.pageToken, MAX_TOKEN_CHARACTERS);
  if (rules.violations.length > 0) throw invalidArgument(rules.violations);
  // Encoded as they are found: 500 assessments at once would take the thread for tens of milliseconds, and as long as they
  // are kept decoded their memory. Parts of a message one after the other are the message.
  const encoded: Uint8Array[] = [];
  let newest = 0;
  const page = await findAssessments(parts.journal, parts.view, {
    tenant: context.tenant,
    filter,
    pageSize: request.pageSize === 0 ? DEFAULT_PAGE_SIZE : Math.min(request.pageSize, MAX_PAGE_SIZE),
    ...(request.pageToken === '' ? {} : { pageToken: request.pageToken }),
    cancelled: () => context.cancelled(),
    each: (recorded) => {
      newest = Math.max(newest, recorded.position);
      encoded.push(encode({ assessments: [assessmentMessage(recorded)] }));
    },
    ...(context.slices === undefined ? {} : { slices: context.slices }),
  });
  switch (page.kind) {
    case 'page':
      await parts.journal.whenDurable(newest);
      if (page.nextPageToken !== undefined) encoded.push(encode({ nextPageToken: page.nextPageToken }));
      return new EncodedResponse(Buffer.concat(encoded));
    case 'invalid-token':
      throw new CallError('PAGE_TOKEN_INVALID', undefined, {
        violations: [
          {
            field: 'page_token',
            reason: 'NOT_A_TOKEN',
            description: 'must come from a page with the same filters',
          },
        ],
      });
    case 'cancelled':
      throw new CallError('DEADLINE_PASSED');
    default:
      return page satisfies never;
  }
}

function encode(part: MessageInitShape<typeof ListAssessmentsResponseSchema>): Uint8Array {
  return toBinary(ListAssessmentsResponseSchema, create(ListAssessmentsResponseSchema, part));
}

function readFilter(request: ListAssessmentsRequest, rules: FieldRules): AssessmentFilter {
  const accountId = rules.optionalText('account_id', request.accountId, MAX_ID_CHARACTERS);
  const from = rules.optionalBound('from', request.from);
  const to = rules.optionalBound('to', request.to);
  if (from !== undefined && to !== undefined && to <= from) {
    rules.refuse('to', 'OUT_OF_RANGE', 'must be later than `from`');
  }
  const decisions: Decision[] = [];
  for (const [index, wireNumber] of request.decisions.entries()) {
    const decision = rules.requiredWord(`decisions[${index}]`, DECISIONS, wireNumber);
    if (decision !== undefined && !decisions.includes(decision)) decisions.push(decision);
  }
  const withdrawalId = rules.optionalText('withdrawal_id', request.withdrawalId, MAX_ID_CHARACTERS);
  const outcomes: OutcomeLabel[] = [];
  for (const [index, wireNumber] of request.outcomes.entries()) {
    const label = rules.requiredWord(`outcomes[${index}]`, OUTCOME_LABELS, wireNumber);
    if (label !== undefined && !outcomes.includes(label)) outcomes.push(label);
  }
  const minScore = rules.optionalNumber('min_score', request.minScore, 0, MAX_SCORE);
  const maxScore = rules.optionalNumber('max_score', request.maxScore, 0, MAX_SCORE);
  if (minScore !== undefined && maxScore !== undefined && maxScore < minScore) {
    rules.refuse('max_score', 'OUT_OF_RANGE', 'must not be below `min_score`');
  }
  return {
    ...(withdrawalId === '' ? {} : { withdrawalId }),
    ...(outcomes.length === 0 ? {} : { outcomes }),
    ...(minScore === undefined ? {} : { minScore }),
    ...(maxScore === undefined ? {} : { maxScore }),
    ...(accountId === '' ? {} : { accountId }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(decisions.length === 0 ? {} : { decisions }),
  };
}
