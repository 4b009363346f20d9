import { create } from '@bufbuild/protobuf';
import {
  type AcceptedSignal,
  AcceptedSignalSchema,
  type RejectedSignal,
  RejectedSignalSchema,
  type ReportSignalsRequest,
  type ReportSignalsResponse,
  ReportSignalsResponseSchema,
} from '../../gen/holdfast/v1/risk_service_pb.js';
import type { Signal } from '../../gen/holdfast/v1/signal_pb.js';
import { type ClockReading, readClock } from '../../journal/index.js';
import { invalidArgument } from '../errors.js';
import type { CallContext } from '../grpc-adapter.js';
import { asOf } from './as-of.js';
import { FieldRules, type Violation } from './field-rules.js';
import { MAX_BATCH_SIGNALS } from './limits.js';
import type { RiskParts } from './parts.js';
import { keptSignal } from './pseudonymise.js';
import { readSignal, tooOldToCount } from './read-signal.js';
import { record } from './record.js';

/** What became of one signal of a batch. */
type Taken =
  | { readonly kind: 'kept' | 'duplicate'; readonly emailUnreadable: boolean }
  | { readonly kind: 'rejected'; readonly violation: Violation };

const OTHER_CONTENT: Violation = {
  field: 'signal_id',
  reason: 'SIGNAL_ID_REUSED',
  description: 'was used for a signal with other content',
};

/**
 * Keeps the good signals of a batch and reports the bad ones.
 *
 * @returns when every accepted signal, duplicates too, is durable and counts in answers
 * @throws CallError INVALID_ARGUMENT for a batch that is empty or too long
 * @throws JournalError code `AUDIT_UNAVAILABLE` when nothing can be recorded
 */
export async function reportSignals(
  parts: RiskParts,
  request: ReportSignalsRequest,
  context: CallContext,
): Promise<ReportSignalsResponse> {
  const count = request.signals.length;
  if (count === 0 || count > MAX_BATCH_SIGNALS) {
    throw invalidArgument([
      {
        field: 'signals',
        reason: 'WRONG_COUNT',
        description: `must have from 1 to ${MAX_BATCH_SIGNALS} entries`,
      },
    ]);
  }
  const reading = readClock(parts.clock);
  const accepted: AcceptedSignal[] = [];
  const rejected: RejectedSignal[] = [];
  let duplicates = 0;
  for (const [index, signal] of request.signals.entries()) {
    const taken = take(parts, signal, reading, context.tenant);
    switch (taken.kind) {
      case 'kept':
      case 'duplicate': {
        const duplicate = taken.kind === 'duplicate';
        if (duplicate) duplicates += 1;
        const { emailUnreadable } = taken;
        accepted.push(
          create(AcceptedSignalSchema, { signalId: signal.signalId, duplicate, emailUnreadable }),
        );
        break;
      }
      case 'rejected':
        rejected.push(rejection(index, signal, taken.violation));
        break;
      default:
        taken satisfies never;
    }
  }
  const { head } = parts.journal;
  // A duplicate's first copy may still be on its way to disk; its acknowledgement promises durability too.
  await parts.journal.whenDurable(head);
  parts.telemetry.signalsReported(accepted.length - duplicates, duplicates, rejected.length);
  return create(ReportSignalsResponseSchema, { accepted, rejected, asOf: asOf(head) });
}

function take(parts: RiskParts, signal: Signal, reading: ClockReading, tenant: string): Taken {
  const rules = new FieldRules(reading.nowMs);
  const valid = readSignal(signal, rules);
  if (valid === undefined) {
    const [violation] = rules.violations;
    if (violation === undefined) throw new Error('a signal was refused without a violation');
    return { kind: 'rejected', violation };
  }
  const tooOld = tooOldToCount(valid, reading.earliestMs);
  if (tooOld !== undefined) return { kind: 'rejected', violation: tooOld };
  const emailUnreadable = valid.unreadableEmail !== undefined;
  const kept = keptSignal(valid, reading, tenant, parts.pseudonyms);
  const known = parts.view.signalDigest(tenant, kept.record.id, reading.earliestMs);
  if (known !== undefined) {
    return known === kept.record.digest
      ? { kind: 'duplicate', emailUnreadable }
      : { kind: 'rejected', violation: OTHER_CONTENT };
  }
  record(parts.journal, parts.view, tenant, 'signal', () => ({
    kind: 'signal',
    accountId: kept.accountId,
    signal: kept.record,
    ...(kept.link === undefined ? {} : { mailbox: kept.link }),
  }));
  return { kind: 'kept', emailUnreadable };
}

function rejection(index: number, signal: Signal, violation: Violation): RejectedSignal {
  return create(RejectedSignalSchema, {
    index,
    // An id that itself breaks a rule is not sent back.
    signalId:
      violation.field === 'signal_id' && violation.reason !== OTHER_CONTENT.reason ? '' : signal.signalId,
    field: violation.field,
    cause: violation.description,
  });
}
