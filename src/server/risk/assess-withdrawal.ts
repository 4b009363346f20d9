import { type FormerMatch, formerMatches } from '../../decision/destinations.js';
import type { MailboxLink } from '../../decision/evidence.js';
import { decide, explain } from '../../decision/index.js';
import type { AssessmentInput } from '../../decision/input.js';
import { isListedAsBefore } from '../../decision/lists.js';
import type { Explanation, Verdict } from '../../decision/verdict.js';
import { ENGINE_VERSION } from '../../decision/verdict.js';
import { gatherInput } from '../../evidence/index.js';
import type { AssessWithdrawalRequest } from '../../gen/holdfast/v1/risk_service_pb.js';
import { networkOf } from '../../identity/index.js';
import { type ClockReading, type EntryStamp, readClock } from '../../journal/index.js';
import type { AssessmentBody, ReportedSignal, SignalBody } from '../../store/codec/entries.js';
import type { Writable } from '../../store/codec/writable.js';
import type { LogPosition } from '../../store/ports.js';
import { CallError, invalidArgument } from '../errors.js';
import { type CallContext, EncodedResponse } from '../grpc-adapter.js';
import { encodeAnswer } from './answer.js';
import { asOf } from './as-of.js';
import { type ConfirmedTheft, confirmedTheft, withoutRecord } from './confirmed-theft.js';
import { whenFresh } from './freshness.js';
import type { LivePolicy, RiskParts } from './parts.js';
import { type KeptSignal, keptSignal, requestFacts } from './pseudonymise.js';
import { readRequest, type ValidRequest } from './read-request.js';
import { tooOldToCount } from './read-signal.js';
import { record } from './record.js';
import { requestContent } from './request-digest.js';
import { recall } from './request-memory.js';
import { wordEffects } from './word-effects.js';

/**
 * Decides on one withdrawal, records the answer, and gives it. Synchronous up to the record; then it waits for the
 * disk, unless the audit is relaxed or the call is a dry run.
 *
 * @throws CallError INVALID_ARGUMENT with every violation; FAILED_PRECONDITION for a `request_id` with other content, or
 *   whose answer no longer holds
 * @throws JournalError code `AUDIT_UNAVAILABLE` when the answer cannot be recorded
 */
export function assessWithdrawal(
  parts: RiskParts,
  message: AssessWithdrawalRequest,
  context: CallContext,
): EncodedResponse | Promise<EncodedResponse> {
  const read = readRequest(message, parts.clock.nowMs());
  if (read.kind === 'invalid') throw invalidArgument(read.violations);
  const { request } = read;
  const call = { parts, message, context, request };
  if (request.atLeastAsFresh <= parts.journal.head) return answer(call, false);
  return whenFresh(parts.journal, request.atLeastAsFresh, context.deadlineAt).then((fresh) =>
    answer(call, !fresh),
  );
}

interface Call {
  readonly parts: RiskParts;
  readonly message: AssessWithdrawalRequest;
  readonly context: CallContext;
  readonly request: ValidRequest;
}

function answer(call: Call, behind: boolean): EncodedResponse {
  const { parts, message, context, request } = call;
  const reading = readClock(parts.clock);
  let digest = '';
  if (request.requestId !== '' && !request.dryRun) {
    digest = parts.pseudonyms.contentDigest(context.tenant, requestContent(message, request.amount));
    const remembered = recall(parts, context.tenant, request.requestId, digest, reading);
    switch (remembered.kind) {
      case 'same':
        return recalled(parts, remembered.response, remembered.position);
      case 'other-content':
        throw new CallError('REQUEST_ID_REUSED', undefined, {
          violations: [
            { field: 'request_id', reason: 'REQUEST_ID_REUSED', description: 'was used with other content' },
          ],
        });
      case 'stale':
        throw new CallError('REQUEST_ID_STALE', undefined, {
          metadata: { assessment_id: remembered.assessmentId },
          violations: [
            {
              field: 'request_id',
              reason: 'REQUEST_ID_STALE',
              description: 'names an attempt whose answer no longer holds: ask again under a new id',
            },
          ],
        });
      case 'new':
        break;
      default:
        remembered satisfies never;
    }
  }
  const assessed = assess(call, reading, behind);
  const confirmed = confirmedTheft(parts, context.tenant, assessed.input);
  if (confirmed !== undefined) return heldAgain(call, assessed, confirmed);
  if (request.dryRun) {
    return new EncodedResponse(encode(assessed, '', parts.journal.head));
  }
  const response = recorded(call, assessed, digest);
  const { verdict } = assessed;
  parts.telemetry.decided(verdict.decision, verdict.level);
  parts.telemetry.factsMissing(verdict.missingFacts);
  tellDestination(parts, assessed);
  if (verdict.degradedAllow) parts.telemetry.degradedAllow(verdict.tier);
  return response;
}

/** Networks by their names in the table, so that callers cannot make labels. */
function tellDestination({ telemetry }: RiskParts, { input, live }: Assessed): void {
  const { network, doubt, tag } = input.request.destination;
  const cause = doubt ?? (tag === 'NOT_TOLD' ? 'TAG_ABSENT' : undefined);
  if (cause !== undefined) telemetry.destinationDoubted(networkOf(network)?.name ?? 'unknown', cause);
  const matches = formerMatches(input);
  if (matches.length > 0) telemetry.metAsBefore(matches);
  if (isListedAsBefore(input, live.policy)) telemetry.metAsBefore(LISTED);
}

const LISTED: readonly FormerMatch[] = ['list'];

interface Assessed {
  readonly link: MailboxLink | undefined;
  readonly inline: readonly KeptSignal[];
  readonly live: LivePolicy;
  readonly input: AssessmentInput;
  readonly verdict: Verdict;
  readonly explanation: Explanation | undefined;
}

function assess(call: Call, reading: ClockReading, behind: boolean): Assessed {
  const { parts, context, request } = call;
  const { tenant } = context;
  const { pseudonyms, view } = parts;
  const { earliestMs: now, latestMs, doubt } = reading;
  const link = request.address === undefined ? undefined : pseudonyms.mailbox(request.address, latestMs);
  const inline = newInlineSignals(call, reading);
  const gathered = gatherInput(
    {
      now,
      tenant,
      request: requestFacts(request, link, tenant, pseudonyms),
      link,
      inlineSignals: inline.map((kept) => ({ signal: kept.record, link: kept.link })),
      feeds: parts.feedsFor,
      behind,
      ...(doubt === undefined ? {} : { clockLead: latestMs - now }),
    },
    view,
  );
  const caps = parts.governor.capsFor(tenant, gathered);
  const input = caps === undefined ? gathered : { ...gathered, caps };
  const live = parts.livePolicy();
  const verdict = decide(input, live.policy);
  const explained = verdict.decision === 'HOLD' || verdict.decision === 'STEP_UP';
  return {
    link,
    inline,
    live,
    input,
    verdict,
    explanation: explained ? explain(input, live.policy, verdict) : undefined,
  };
}

const NO_SIGNALS: readonly KeptSignal[] = [];

/**
 * Inline signals that are not known yet. One that reuses an id with other content fails the call, and so does one that is
 * too old to count, as if it had been reported.
 */
function newInlineSignals(call: Call, reading: ClockReading): readonly KeptSignal[] {
  const { parts, context, request } = call;
  if (request.signals.length === 0) return NO_SIGNALS;
  const fresh = new Map<string, KeptSignal>();
  for (const [index, signal] of request.signals.entries()) {
    const tooOld = tooOldToCount(signal, reading.earliestMs);
    if (tooOld !== undefined) {
      throw invalidArgument([{ ...tooOld, field: `signals[${index}].${tooOld.field}` }]);
    }
    const kept = keptSignal(signal, reading, context.tenant, parts.pseudonyms);
    const { id, digest } = kept.record;
    const known =
      fresh.get(id)?.record.digest ?? parts.view.signalDigest(context.tenant, id, reading.earliestMs);
    if (known === undefined) fresh.set(id, kept);
    else if (known !== digest) {
      throw invalidArgument([
        {
          field: `signals[${index}].signal_id`,
          reason: 'SIGNAL_ID_REUSED',
          description: 'was used for a signal with other content',
        },
      ]);
    }
  }
  return [...fresh.values()];
}

function encode(assessed: Assessed, assessmentId: string, position: number): Uint8Array {
  return encodeAnswer({
    assessmentId,
    verdict: assessed.verdict,
    explanation: assessed.explanation,
    policyNumber: assessed.live.number,
    policyHash: assessed.live.policy.hash,
    asOf: asOf(position),
    feeds: assessed.input.feeds,
  });
}

function recorded(call: Call, assessed: Assessed, digest: string): EncodedResponse {
  const { parts, context } = call;
  const { input, live, verdict } = assessed;
  const previousPosition = parts.view.latestAssessment(context.tenant, input.request.accountId);
  const effects = wordEffects(input, live.policy, verdict);
  let response: Uint8Array | undefined;
  const bodyFor = (stamp: EntryStamp): AssessmentBody => {
    response = encode(assessed, stamp.id, stamp.position);
    const body = bodyOf(call.request.requestId, assessed, digest, response);
    body.previousPosition = previousPosition;
    if (effects !== undefined) body.wordEffects = effects;
    return body;
  };
  const unhurried = parts.audit === 'relaxed';
  const { durable } = record(parts.journal, parts.view, context.tenant, 'assessment', bodyFor, unhurried);
  if (response === undefined) throw new Error('the journal did not ask for the entry');
  if (effects !== undefined) parts.governor.answered(context.tenant, effects);
  parts.answered(input, verdict.decision);
  return delivered(parts, response, durable);
}

function bodyOf(
  requestId: string,
  assessed: Assessed,
  digest: string,
  response: Uint8Array,
): Writable<AssessmentBody> {
  const { verdict, link, live, inline } = assessed;
  const body: Writable<AssessmentBody> = {
    kind: 'assessment',
    requestDigest: digest,
    input: assessed.input,
    response,
    decision: verdict.decision,
    tier: verdict.tier,
    policyNumber: live.number,
    policyHash: live.policy.hash,
    engineVersion: ENGINE_VERSION,
    inlineSignals: inline.length === 0 ? NO_REPORTS : inline.map(reportOf),
    degradedAllow: verdict.degradedAllow,
  };
  if (requestId !== '') body.requestId = requestId;
  if (link !== undefined) body.mailbox = link;
  return body;
}

const NO_REPORTS: readonly ReportedSignal[] = [];

function reportOf({ accountId, record, link }: KeptSignal): ReportedSignal {
  return { accountId, signal: record, ...(link === undefined ? {} : { mailbox: link }) };
}

/**
 * A withdrawal that was confirmed as theft is decided no more. What comes with the question is evidence all the same: it
 * bears on others of the account.
 */
function heldAgain(
  { parts, context, request }: Call,
  { inline }: Assessed,
  { response, position }: ConfirmedTheft,
): EncodedResponse {
  if (request.dryRun) return new EncodedResponse(withoutRecord(response));
  for (const kept of inline) {
    const body: SignalBody = { kind: 'signal', ...reportOf(kept) };
    record(parts.journal, parts.view, context.tenant, 'signal', () => body);
  }
  const upTo = inline.length === 0 ? position : parts.journal.head;
  return recalled(parts, response, upTo);
}

/** An answer given before; its record may still be on its way to disk. */
function recalled(parts: RiskParts, response: Uint8Array, position: LogPosition): EncodedResponse {
  if (parts.audit === 'relaxed') return new EncodedResponse(response);
  return new EncodedResponse(response, parts.journal.whenDurable(position));
}

/** The answer, which leaves once its record is on disk; at once where the audit is relaxed. */
function delivered(parts: RiskParts, response: Uint8Array, durable: Promise<void>): EncodedResponse {
  if (parts.audit === 'durable') return new EncodedResponse(response, durable);
  // A later failure to write is reported by the journal itself; here nobody waits for it any more.
  durable.catch(() => undefined);
  return new EncodedResponse(response);
}
