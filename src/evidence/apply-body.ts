import type { MailboxLink } from '../decision/evidence.js';
import { isYoungDestination, UNKNOWN_VALUE } from '../decision/outflow.js';
import type { UnixMs } from '../decision/vocabulary.js';
import type {
  AssessmentBody,
  ClientDecisionBody,
  JournalEntryBody,
  OutcomeBody,
  ReleaseBody,
  ReportedSignal,
  WordEffect,
} from '../store/codec/entries.js';
import type { OutcomeMark } from '../store/codec/index-codec.js';
import type { LogPosition } from '../store/ports.js';
import { applyProviderEvent } from './apply-provider-event.js';
import { compareText } from './bounded-list.js';
import type { EvidenceTables } from './evidence-tables.js';
import { EMPTY_ACCOUNT, evolveAccount } from './evolve-account.js';
import { type Answer, evolveLedger, type LedgerChange } from './evolve-ledger.js';
import type { ReportedWithdrawal } from './evolve-outcome.js';
import { clientDecisionKey, stateKey } from './state-key.js';

/** What an entry got when it was appended. */
export interface AppliedStamp {
  readonly position: LogPosition;
  readonly id: string;
  readonly receivedAt: UnixMs;
  /** What an unconfirmed wall clock said. */
  readonly unconfirmedAt?: UnixMs;
}

/** Lets one entry of the log take effect. Policy entries have none here. */
export function applyBody(
  tables: EvidenceTables,
  stamp: AppliedStamp,
  tenant: string,
  body: JournalEntryBody,
): void {
  switch (body.kind) {
    case 'signal':
      applySignal(tables, tenant, body);
      return;
    case 'provider-event':
      applyProviderEvent(tables, stamp.receivedAt, body);
      return;
    case 'assessment':
      applyAssessment(tables, stamp, tenant, body);
      return;
    case 'release':
      applyRelease(tables, tenant, body);
      return;
    case 'outcome':
      applyOutcome(tables, tenant, body);
      return;
    case 'client-decision':
      applyClientDecision(tables, stamp, tenant, body);
      return;
    case 'governor-lift':
      tables.governors.lift(tenant, body, stamp.receivedAt, body.actor, body.reason);
      return;
    case 'policy-revision':
    case 'policy-activation':
    case 'policy-shadow':
      return;
    default:
      body satisfies never;
  }
}

function applySignal(tables: EvidenceTables, tenant: string, reported: ReportedSignal): void {
  const { accountId, signal, mailbox } = reported;
  const key = stateKey(tenant, accountId);
  const before = tables.accounts.get(key) ?? EMPTY_ACCOUNT;
  const after = evolveAccount(before, signal, mailbox);
  if (after !== before) tables.accounts.set(key, after);
  const signalKey = stateKey(tenant, signal.id);
  const known = tables.signals.get(signalKey);
  // Of two contents under one identity the smaller digest counts, here as in the account.
  if (known !== undefined && known.digest <= signal.digest) return;
  tables.signals.set(signalKey, { digest: signal.digest, occurredAt: signal.occurredAt });
}

const NO_EFFECTS: readonly WordEffect[] = [];

function applyAssessment(
  tables: EvidenceTables,
  stamp: AppliedStamp,
  tenant: string,
  body: AssessmentBody,
): void {
  const { input, decision } = body;
  const { request } = input;
  const { accountId, withdrawal, value } = request;
  const { position } = stamp;
  // What is remembered for a time is remembered by the later of two times.
  const receivedAt = Math.max(stamp.receivedAt, stamp.unconfirmedAt ?? 0);
  const key = stateKey(tenant, accountId);
  // A time that is not confirmed is no reference.
  tables.placesReadSince.asked(request.destination, input.clockLead === undefined ? input.now : undefined);
  for (const reported of body.inlineSignals) applySignal(tables, tenant, reported);
  if (body.mailbox !== undefined) useMailbox(tables, key, body.mailbox);
  for (const { link, records } of input.mailboxes) {
    if (records.length > 0) for (const { alias } of link.aliases) tables.unnamed.named(alias);
  }
  const answer: Answer = {
    kind: 'answer',
    request,
    at: input.now,
    decision,
    degraded: body.degradedAllow,
    ...(input.clockLead === undefined ? {} : { leadMs: input.clockLead }),
  };
  const { ledger } = tables.accountLedgers.get(tenant, accountId, withdrawal);
  tables.accountLedgers.set(tenant, accountId, {
    ledger: evolveLedger(ledger, answer),
    latestPosition: position,
    latestAt: receivedAt,
  });
  // Whoever was never held has no hold to end: most are not looked up.
  if (decision === 'HOLD' || ledger.holds.some((hold) => hold.withdrawal === withdrawal)) {
    tables.holds.answered(tenant, stamp, body);
  }
  for (const effect of body.wordEffects ?? NO_EFFECTS) {
    tables.governors.note(tenant, effect, accountId, input.now, value ?? 0);
  }
  if (body.requestId === undefined || body.requestId === '') return;
  tables.requests.set(stateKey(tenant, body.requestId), { position, receivedAt });
}

function useMailbox(tables: EvidenceTables, key: string, mailbox: MailboxLink): void {
  const before = tables.accounts.get(key) ?? EMPTY_ACCOUNT;
  const after = evolveAccount(before, undefined, mailbox);
  if (after !== before) tables.accounts.set(key, after);
}

function applyRelease(tables: EvidenceTables, tenant: string, body: ReleaseBody): void {
  const { accountId, release } = body;
  tables.holds.released(tenant, body);
  changeLedger(tables, tenant, accountId, release.withdrawal, { kind: 'release', release });
}

function changeLedger(
  tables: EvidenceTables,
  tenant: string,
  accountId: string,
  withdrawal: string,
  change: LedgerChange,
): void {
  const before = tables.accountLedgers.get(tenant, accountId, withdrawal);
  const ledger = evolveLedger(before.ledger, change);
  tables.accountLedgers.set(tenant, accountId, { ...before, ledger });
}

/** What of an outcome bears on the ledger: whether the money went. */
function reportedOf({ label, withdrawal, observedAt }: OutcomeBody): ReportedWithdrawal | undefined {
  if (withdrawal === undefined) return undefined;
  const { accountId: _, ...rest } = withdrawal;
  const facts = { ...rest, observedAt };
  switch (label) {
    case 'SENT':
      return { ...facts, became: 'SENT' };
    case 'CUSTOMER_CANCELLED':
      return { ...facts, became: 'CANCELLED' };
    case 'UNKNOWN':
      return { ...facts, became: 'UNKNOWN' };
    default:
      return undefined;
  }
}

/** A later `observed_at` wins, whatever the order in which outcomes come. */
function applyOutcome(tables: EvidenceTables, tenant: string, body: OutcomeBody): void {
  const reported = reportedOf(body);
  if (reported !== undefined && body.withdrawal !== undefined) {
    const { accountId } = body.withdrawal;
    changeLedger(tables, tenant, accountId, reported.withdrawal, { kind: 'outcome', reported });
  }
  const key = stateKey(tenant, body.assessmentId);
  const { label, reportedBy, observedAt } = body;
  const known = tables.outcomes.get(key);
  const outcome = { label, reportedBy, observedAt };
  if (known !== undefined && compareOutcomes(known, outcome) >= 0) return;
  tables.outcomes.set(key, outcome);
  tables.holds.reported(tenant, body);
}

/** SENT says that the coins went, not whose they were: it stands until somebody says that. */
function compareOutcomes(a: OutcomeMark, b: OutcomeMark): number {
  return (
    Number(a.label !== 'SENT') - Number(b.label !== 'SENT') ||
    a.observedAt - b.observedAt ||
    compareText(a.label, b.label) ||
    compareText(a.reportedBy, b.reportedBy)
  );
}

/**
 * What a client let go alone counts as sent from the report on: its own clock is not ours, and later is never milder. What
 * it held moved nothing.
 */
function applyClientDecision(
  tables: EvidenceTables,
  { position, receivedAt: at, unconfirmedAt = 0 }: AppliedStamp,
  tenant: string,
  { requestId, request, decision, decidedAt }: ClientDecisionBody,
): void {
  const { accountId, withdrawal, destination, value = UNKNOWN_VALUE } = request;
  tables.placesReadSince.asked(destination, unconfirmedAt === 0 ? at : undefined);
  if (decision === 'ALLOW') {
    const young = isYoungDestination(destination, at);
    changeLedger(tables, tenant, accountId, withdrawal, {
      kind: 'outcome',
      reported: {
        withdrawal,
        became: 'SENT',
        at,
        observedAt: decidedAt,
        value,
        destination: destination.id,
        young,
        allowed: false,
      },
    });
  }
  tables.requests.set(clientDecisionKey(tenant, requestId), {
    position,
    receivedAt: Math.max(at, unconfirmedAt),
  });
}
