import type { MailboxLink, ReleaseRecord } from '../decision/evidence.js';
import type { UnixMs } from '../decision/vocabulary.js';
import type {
  AssessmentBody,
  JournalEntryBody,
  OutcomeBody,
  ReportedSignal,
  WordEffect,
} from '../store/codec/entries.js';
import type { OutcomeMark } from '../store/codec/index-codec.js';
import type { AccountLedger } from '../store/codec/ledger-codec.js';
import type { LogPosition } from '../store/ports.js';
import { applyProviderEvent } from './apply-provider-event.js';
import { compareText } from './bounded-list.js';
import type { EvidenceTables } from './evidence-tables.js';
import { EMPTY_ACCOUNT, evolveAccount } from './evolve-account.js';
import { type Answer, EMPTY_LEDGER, evolveLedger } from './evolve-ledger.js';
import { stateKey } from './state-key.js';

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
      applyRelease(tables, stateKey(tenant, body.accountId), body.release);
      return;
    case 'outcome':
      applyOutcome(tables, tenant, body);
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

const EMPTY_ACCOUNT_LEDGER: AccountLedger = { ledger: EMPTY_LEDGER, latestPosition: 0, latestAt: 0 };
const NO_EFFECTS: readonly WordEffect[] = [];

function applyAssessment(
  tables: EvidenceTables,
  stamp: AppliedStamp,
  tenant: string,
  body: AssessmentBody,
): void {
  const { input, decision } = body;
  const { accountId, withdrawal, value } = input.request;
  const { position } = stamp;
  // What is remembered for a time is remembered by the later of two times.
  const receivedAt = Math.max(stamp.receivedAt, stamp.unconfirmedAt ?? 0);
  const key = stateKey(tenant, accountId);
  for (const reported of body.inlineSignals) applySignal(tables, tenant, reported);
  if (body.mailbox !== undefined) useMailbox(tables, key, body.mailbox);
  for (const { link, records } of input.mailboxes) {
    if (records.length > 0) for (const { alias } of link.aliases) tables.unnamed.named(alias);
  }
  const answer: Answer = {
    kind: 'answer',
    withdrawal,
    at: input.now,
    value,
    decision,
    degraded: body.degradedAllow,
    ...(input.clockLead === undefined ? {} : { leadMs: input.clockLead }),
  };
  const { ledger } = tables.ledgers.get(key) ?? EMPTY_ACCOUNT_LEDGER;
  tables.ledgers.set(key, {
    ledger: evolveLedger(ledger, answer),
    latestPosition: position,
    latestAt: receivedAt,
  });
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

function applyRelease(tables: EvidenceTables, key: string, release: ReleaseRecord): void {
  const before = tables.ledgers.get(key) ?? EMPTY_ACCOUNT_LEDGER;
  tables.ledgers.set(key, { ...before, ledger: evolveLedger(before.ledger, { kind: 'release', release }) });
}

/** A later `observed_at` wins, whatever the order in which outcomes come. */
function applyOutcome(tables: EvidenceTables, tenant: string, body: OutcomeBody): void {
  const key = stateKey(tenant, body.assessmentId);
  const { label, reportedBy, observedAt } = body;
  const known = tables.outcomes.get(key);
  const outcome = { label, reportedBy, observedAt };
  if (known !== undefined && compareOutcomes(known, outcome) >= 0) return;
  tables.outcomes.set(key, outcome);
}

function compareOutcomes(a: OutcomeMark, b: OutcomeMark): number {
  return (
    a.observedAt - b.observedAt || compareText(a.label, b.label) || compareText(a.reportedBy, b.reportedBy)
  );
}
