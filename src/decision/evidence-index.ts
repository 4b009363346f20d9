import { type MatchedCohort, matchedCohorts } from './cohorts.js';
import type { SignalRecord } from './evidence.js';
import { type MailboxSpans, spansOf } from './exposure-spans.js';
import { type EventMatch, type Exposure, exposuresOf, standingEvents, watchesOf } from './exposures.js';
import type { AssessmentInput } from './input.js';
import { type Match, NO_MATCHES } from './match.js';
import type { CompiledPolicy } from './policy-model.js';
import type { SignalType, UnixMs } from './vocabulary.js';

/** A signal as a match. */
export interface SignalMatch extends Match {
  readonly record: SignalRecord;
}

/** The account's evidence, arranged for the conditions of a policy. Says nothing about the present. */
export interface EvidenceIndex {
  readonly signals: ReadonlyMap<SignalType, readonly SignalMatch[]>;
  readonly events: readonly EventMatch[];
  /** The bits of all their types. */
  readonly eventBits: number;
  readonly exposures: readonly Exposure[];
  /** The exposures as they count while open; made when a condition asks. */
  readonly openExposures: { matches?: readonly Match[] };
  /** The exposures by mailbox, for what happened inside them. */
  readonly spans: readonly MailboxSpans[];
  readonly watches: readonly Match[];
  readonly cohorts: readonly MatchedCohort[];
}

const NO_SIGNALS: readonly SignalMatch[] = [];

/** Arranges the evidence of one input. */
export function indexEvidence(input: AssessmentInput, policy: CompiledPolicy): EvidenceIndex {
  const signals = new Map<SignalType, SignalMatch[]>();
  for (const record of input.account.signals) {
    const match = signalMatch(record);
    const sameType = signals.get(record.type);
    if (sameType === undefined) signals.set(record.type, [match]);
    else sameType.push(match);
  }
  const events = standingEvents(input.mailboxes);
  const reports = signals.get('EMAIL_REPORTED_COMPROMISED') ?? NO_SIGNALS;
  let eventBits = 0;
  for (const { bit } of events) eventBits |= bit;
  const exposures = exposuresOf(input, policy, events, reports);
  return {
    signals,
    events,
    eventBits,
    exposures,
    openExposures: {},
    spans: spansOf(exposures),
    watches: events.length === 0 ? NO_MATCHES : watchesOf(events, policy),
    cohorts: matchedCohorts(input, policy),
  };
}

function signalMatch(record: SignalRecord): SignalMatch {
  return {
    id: record.id,
    at: record.occurredAt,
    until: record.occurredAt,
    activeFrom: Number.NEGATIVE_INFINITY,
    activeUntil: Number.POSITIVE_INFINITY,
    confidence: 1,
    solid: true,
    provider: undefined,
    record,
  };
}

/** The signals of one type. */
export function signalsOf(evidence: EvidenceIndex, type: SignalType): readonly SignalMatch[] {
  return evidence.signals.get(type) ?? NO_SIGNALS;
}

/** A mailbox of the account is in an exposure or a cohort's window, or was within the time that still counts. */
export function mailboxTroubleAt(evidence: EvidenceIndex, now: UnixMs): boolean {
  for (const exposure of evidence.exposures) if (now < exposure.activeUntil) return true;
  for (const cohort of evidence.cohorts) if (now < cohort.activeUntil) return true;
  return false;
}

/** Somebody else may be reading a mailbox of the account: an exposure is open, or a cohort that includes one. */
export function mailboxReadableAt(evidence: EvidenceIndex, now: UnixMs): boolean {
  for (const exposure of evidence.exposures) if (now < exposure.until) return true;
  for (const cohort of evidence.cohorts) if (now < cohort.openUntil) return true;
  return false;
}

/**
 * A provider named the mailbox, or the customer reported it, and it is either not closed or a reset went through it
 * while it was open. Events under a guessed alias name nobody.
 */
export function namedCompromiseAt(evidence: EvidenceIndex, now: UnixMs): boolean {
  for (const exposure of evidence.exposures) {
    if (!exposure.solid || now >= exposure.activeUntil) continue;
    if (now < exposure.until || exposure.resetInside) return true;
  }
  return false;
}
