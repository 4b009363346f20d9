import { type MatchedCohort, matchedCohorts } from '../../../src/decision/cohorts.js';
import type { SignalRecord } from '../../../src/decision/evidence.js';
import type { AssessmentInput } from '../../../src/decision/input.js';
import { leavingsOf } from '../../../src/decision/leavings.js';
import { type Match, NO_MATCHES } from '../../../src/decision/match.js';
import type { CompiledPolicy } from '../../../src/decision/policy-model.js';
import type { SignalType, UnixMs } from '../../../src/decision/vocabulary.js';
import { type EventMatch, type Exposure, exposuresOf, standingEvents, watchesOf } from './exposures.js';

/** A signal as a match. */
export interface SignalMatch extends Match {
  readonly record: SignalRecord;
}

/** The account's evidence, arranged for the conditions of a policy. Says nothing about the present. */
export interface EvidenceIndex {
  readonly signals: ReadonlyMap<SignalType, readonly SignalMatch[]>;
  readonly events: readonly EventMatch[];
  readonly exposures: readonly Exposure[];
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
  const events = standingEvents(input, policy);
  const reports = signals.get('EMAIL_REPORTED_COMPROMISED')?.map((match) => match.record) ?? [];
  return {
    signals,
    events,
    exposures: exposuresOf(input, policy, events, reports),
    watches: events.length === 0 ? NO_MATCHES : watchesOf(events, policy),
    cohorts: matchedCohorts(input, policy, leavingsOf(input, policy)),
  };
}

function signalMatch(record: SignalRecord): SignalMatch {
  return {
    id: record.id,
    at: record.occurredAt,
    latest: record.occurredAt,
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
  for (const exposure of evidence.exposures) if (now < exposure.readableUntil) return true;
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
    if (now < exposure.readableUntil || exposure.resetInside) return true;
  }
  return false;
}
