import { create } from '@bufbuild/protobuf';
import { withKnownBefore } from '../../decision/destinations.js';
import {
  AssessWithdrawalRequestSchema,
  type ClientDecision,
  DestinationSchema,
  type RejectedClientDecision,
  RejectedClientDecisionSchema,
  type ReportClientDecisionsRequest,
  type ReportClientDecisionsResponse,
  ReportClientDecisionsResponseSchema,
} from '../../gen/holdfast/v1/risk_service_pb.js';
import { type ClockReading, readClock } from '../../journal/index.js';
import { type ClientDecisionBody, decodeEntry } from '../../store/codec/entries.js';
import { invalidArgument } from '../errors.js';
import type { CallContext } from '../grpc-adapter.js';
import { FieldRules, type Violation } from './field-rules.js';
import { MAX_BATCH_CLIENT_DECISIONS, MAX_ID_CHARACTERS, MAX_REFERENCE_VALUE } from './limits.js';
import type { RiskParts } from './parts.js';
import { keptSignal, requestFacts } from './pseudonymise.js';
import { readRequest, type ValidRequest } from './read-request.js';
import { tooOldToCount } from './read-signal.js';
import { record } from './record.js';
import { requestContent } from './request-digest.js';
import { DECISION_NUMBERS } from './wire.js';

const OTHER_CONTENT: Violation = {
  field: 'request.request_id',
  reason: 'REQUEST_ID_REUSED',
  description: 'was used with other content',
};

/** In the order of the contract's `NoAnswerCause`. */
const CAUSES = ['UNREACHABLE', 'DEADLINE', 'REFUSED', 'FAULT', 'CIRCUIT_OPEN'] as const;

/**
 * Keeps what clients decided without an answer, and counts what they let go as sent. A report that came before changes
 * nothing, so that it may be made until it is acknowledged.
 *
 * @returns when every accepted report is durable and counts in answers
 * @throws CallError INVALID_ARGUMENT for a batch that is empty or too long
 * @throws JournalError code `AUDIT_UNAVAILABLE` when nothing can be recorded
 */
export async function reportClientDecisions(
  parts: RiskParts,
  { decisions }: ReportClientDecisionsRequest,
  { tenant }: CallContext,
): Promise<ReportClientDecisionsResponse> {
  const count = decisions.length;
  if (count === 0 || count > MAX_BATCH_CLIENT_DECISIONS) {
    const description = `must have from 1 to ${MAX_BATCH_CLIENT_DECISIONS} entries`;
    throw invalidArgument([{ field: 'decisions', reason: 'WRONG_COUNT', description }]);
  }
  const reading = readClock(parts.clock);
  const rejected: RejectedClientDecision[] = [];
  for (const [index, decision] of decisions.entries()) {
    const violation = take(parts, decision, reading, tenant);
    if (violation === undefined) continue;
    const { field, description } = violation;
    rejected.push(create(RejectedClientDecisionSchema, { index, field, cause: description }));
  }
  // One that is known already may still be on its way to disk.
  await parts.journal.whenDurable(parts.journal.head);
  const acceptedCount = count - rejected.length;
  parts.telemetry.clientDecisionsReported(acceptedCount, rejected.length);
  return create(ReportClientDecisionsResponseSchema, { acceptedCount, rejected });
}

/** @returns why it is not kept; undefined if it is */
function take(
  parts: RiskParts,
  reported: ClientDecision,
  reading: ClockReading,
  tenant: string,
): Violation | undefined {
  const rules = new FieldRules(reading.nowMs);
  const decidedAt = rules.requiredTime('decided_at', reported.decidedAt);
  const cause = rules.optionalWord('cause', CAUSES, reported.cause) ?? '';
  rules.optionalText('client', reported.client, MAX_ID_CHARACTERS);
  const decision = readDecision(reported.decision, rules);
  if (reported.request === undefined) rules.refuse('request', 'REQUIRED', 'is required');
  else rules.requiredText('request.request_id', reported.request.requestId, MAX_ID_CHARACTERS);
  if (reported.request?.dryRun === true) rules.refuse('request.dry_run', 'DRY_RUN', 'must not be a dry run');
  const [broken] = rules.violations;
  if (broken !== undefined) return broken;
  if (reported.request === undefined || decidedAt === undefined || decision === undefined) {
    throw new Error('a report was refused without a violation');
  }
  const read = readCounting(reported.request, reading);
  if (read.kind === 'broken') return read.violation;
  const { pseudonyms, view, journal } = parts;
  const { requestId } = reported.request;
  const content = `${decision} ${requestContent(reported.request, read.request.amount)}`;
  const digest = pseudonyms.contentDigest(tenant, content);
  const position = view.clientDecision(tenant, requestId);
  if (position !== undefined) return isSame(parts, position, digest) ? undefined : OTHER_CONTENT;
  keepSignals(parts, read.request, reading, tenant);
  const body: ClientDecisionBody = {
    kind: 'client-decision',
    requestId,
    digest,
    request: withKnownBefore(
      requestFacts(read.request, undefined, tenant, pseudonyms),
      view.placesReadSince(reading.earliestMs),
      reading.latestMs,
    ),
    decision,
    decidedAt,
    cause,
    policyNumber: reported.policyNumber,
    client: reported.client,
  };
  record(journal, view, tenant, 'client-decision', () => body);
  return undefined;
}

function readDecision(wireNumber: number, rules: FieldRules): ClientDecisionBody['decision'] | undefined {
  if (wireNumber === DECISION_NUMBERS.ALLOW) return 'ALLOW';
  if (wireNumber === DECISION_NUMBERS.HOLD) return 'HOLD';
  rules.refuse('decision', wireNumber === 0 ? 'REQUIRED' : 'NOT_A_CLIENT_DECISION', 'must be ALLOW or HOLD');
  return undefined;
}

type Counting =
  | { readonly kind: 'valid'; readonly request: ValidRequest }
  | { readonly kind: 'broken'; readonly violation: Violation };

type RequestMessage = NonNullable<ClientDecision['request']>;

/**
 * Reads what was asked. The money has left: a request that breaks a rule somewhere is read without all that need not be
 * there, so that nobody keeps a withdrawal from being counted by spoiling a detail of it.
 */
function readCounting(message: RequestMessage, { nowMs }: ClockReading): Counting {
  const whole = readRequest(message, nowMs);
  if (whole.kind === 'valid') return whole;
  const { requestId, withdrawalId, accountId, asset, amount, referenceValue, destination } = message;
  const bare = create(AssessWithdrawalRequestSchema, {
    requestId,
    withdrawalId,
    accountId,
    asset,
    amount,
    // Where it is no such number it is unknown, which is the highest.
    ...(isValue(referenceValue) && { referenceValue }),
    ...(destination !== undefined && {
      destination: create(DestinationSchema, {
        address: destination.address,
        network: destination.network,
        ...(destination.tag !== undefined && { tag: destination.tag }),
      }),
    }),
  });
  const least = readRequest(bare, nowMs);
  if (least.kind === 'valid') return least;
  const [violation] = least.violations;
  if (violation === undefined) throw new Error('a request was refused without a violation');
  return { kind: 'broken', violation: { ...violation, field: `request.${violation.field}` } };
}

function isValue(value: number | undefined): value is number {
  return value !== undefined && value >= 0 && value <= MAX_REFERENCE_VALUE;
}

/** What came with the question is evidence as if it had been reported; what is known or too old is left out. */
function keepSignals(
  { journal, view, pseudonyms }: RiskParts,
  request: ValidRequest,
  reading: ClockReading,
  tenant: string,
): void {
  for (const signal of request.signals) {
    if (tooOldToCount(signal, reading.earliestMs) !== undefined) continue;
    const kept = keptSignal(signal, reading, tenant, pseudonyms);
    if (view.signalDigest(tenant, kept.record.id, reading.earliestMs) !== undefined) continue;
    record(journal, view, tenant, 'signal', () => ({
      kind: 'signal',
      accountId: kept.accountId,
      signal: kept.record,
      ...(kept.link === undefined ? {} : { mailbox: kept.link }),
    }));
  }
}

function isSame({ journal }: RiskParts, position: number, digest: string): boolean {
  const entry = journal.get(position);
  // Trimmed away by retention: what it said is not known any more, only that it counted.
  if (entry === undefined) return true;
  const body = decodeEntry(entry.kind, entry.payload);
  return body.kind !== 'client-decision' || body.digest === digest;
}
