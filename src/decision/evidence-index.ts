import { type Clearings, clearingsByMailbox } from './clearings.js';
import { type MatchedCohort, matchedCohorts } from './cohorts.js';
import type { SignalRecord } from './evidence.js';
import { type MailboxSpans, spansOf } from './exposure-spans.js';
import { type EventMatch, type Exposure, exposuresOf, standingEvents, watchesOf } from './exposures.js';
import type { AssessmentInput } from './input.js';
import { leavingsOf } from './leavings.js';
import type { Match } from './match.js';
import type { CompiledPolicy } from './policy-model.js';
import type { SignalType, UnixMs } from './vocabulary.js';

/** A signal as a match. Reads its record instead of copying it. */
export class SignalMatch implements Match {
  readonly record: SignalRecord;

  constructor(record: SignalRecord) {
    this.record = record;
  }

  get id(): string {
    return this.record.id;
  }

  get at(): UnixMs {
    return this.record.since ?? this.record.occurredAt;
  }

  get latest(): UnixMs {
    return this.record.occurredAt;
  }

  get until(): UnixMs {
    return this.record.occurredAt;
  }

  get activeFrom(): UnixMs {
    return Number.NEGATIVE_INFINITY;
  }

  get activeUntil(): UnixMs {
    return Number.POSITIVE_INFINITY;
  }

  get confidence(): number {
    return 1;
  }

  get solid(): boolean {
    return true;
  }

  get provider(): undefined {
    return undefined;
  }
}

/** The account's evidence, arranged for the conditions of a policy. Says nothing about the present. */
export interface EvidenceIndex {
  readonly signals: ReadonlyMap<SignalType, readonly SignalMatch[]>;
  readonly events: readonly EventMatch[];
  /** The bits of all their types. */
  readonly eventBits: number;
  readonly exposures: readonly Exposure[];
  /** The exposures as they count while open, and while half open; made when a condition asks. */
  readonly partsOfExposures: { open?: readonly Match[]; halfOpen?: readonly Match[] };
  /** The exposures by mailbox, for what happened inside them. */
  readonly spans: readonly MailboxSpans[];
  /** A change of the e-mail address is inside whichever mailbox was exposed, not only inside that it leads to. */
  readonly anyEmailChange: boolean;
  readonly watches: readonly Match[];
  readonly cohorts: readonly MatchedCohort[];
  /** The newest of what is not known one by one, undefined if all is. */
  readonly crowdedAt: UnixMs | undefined;
  /** A mailbox of the account is not known any more, and may be a compromised one. */
  readonly mailboxDropped: boolean;
}

const NOTHING_CLEARED: ReadonlyMap<number, Clearings> = new Map();
const NO_SIGNALS: readonly SignalMatch[] = [];

/** Arranges the evidence of one input. */
export function indexEvidence(input: AssessmentInput, policy: CompiledPolicy): EvidenceIndex {
  const signals = new Map<SignalType, SignalMatch[]>();
  let crowdedAt: UnixMs | undefined;
  for (const record of input.account.signals) {
    const match = new SignalMatch(record);
    const sameType = signals.get(record.type);
    if (sameType === undefined) signals.set(record.type, [match]);
    else sameType.push(match);
    if (record.since !== undefined) crowdedAt = Math.max(crowdedAt ?? 0, record.occurredAt);
  }
  const leavings = leavingsOf(input, policy);
  const events = standingEvents(input, policy, leavings);
  const reports = signals.get('EMAIL_REPORTED_COMPROMISED') ?? NO_SIGNALS;
  let eventBits = 0;
  for (const { bit, record } of events) {
    eventBits |= bit;
    if (record.since !== undefined) crowdedAt = Math.max(crowdedAt ?? 0, record.occurredAt);
  }
  const { untilClosed, halfOpen } = policy.exposure;
  const clearings =
    events.length === 0 ? NOTHING_CLEARED : clearingsByMailbox(events, halfOpen !== undefined);
  const exposures = exposuresOf(input, policy, events, clearings, reports, leavings);
  return {
    signals,
    events,
    eventBits,
    exposures,
    partsOfExposures: {},
    spans: spansOf(exposures),
    anyEmailChange: untilClosed === true,
    watches: watchesOf(policy, events, clearings),
    cohorts: matchedCohorts(input, policy, leavings),
    crowdedAt,
    mailboxDropped: input.account.mailboxDroppedAt !== undefined,
  };
}

/** The signals of one type. */
export function signalsOf(evidence: EvidenceIndex, type: SignalType): readonly SignalMatch[] {
  return evidence.signals.get(type) ?? NO_SIGNALS;
}

/** A mailbox of the account is in an exposure or a cohort's window, or was within the time that still counts. */
export function mailboxTroubleAt(evidence: EvidenceIndex, now: UnixMs): boolean {
  if (evidence.mailboxDropped) return true;
  for (const exposure of evidence.exposures) if (now < exposure.activeUntil) return true;
  for (const cohort of evidence.cohorts) if (now < cohort.activeUntil) return true;
  return false;
}

/** Somebody else may be reading a mailbox of the account: an exposure is open or half open, or a cohort that includes one. */
export function mailboxReadableAt(evidence: EvidenceIndex, now: UnixMs): boolean {
  if (evidence.mailboxDropped) return true;
  for (const exposure of evidence.exposures) if (now < exposure.readableUntil) return true;
  for (const cohort of evidence.cohorts) if (now < cohort.openUntil) return true;
  return false;
}

/**
 * A provider named the mailbox, or the customer reported it, and it is either not closed or a reset went through it
 * while it was open. Events under a guessed alias name nobody.
 */
export function namedCompromiseAt(evidence: EvidenceIndex, now: UnixMs): boolean {
  if (evidence.mailboxDropped) return true;
  for (const exposure of evidence.exposures) {
    if (!exposure.solid || now >= exposure.activeUntil) continue;
    if (now < exposure.readableUntil || exposure.resetInside) return true;
  }
  return false;
}
