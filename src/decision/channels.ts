import { mailboxReadableAt, signalsOf } from './evidence-index.js';
import type { FactorFacts } from './input.js';
import type { ActiveLock } from './locks.js';
import type { Score } from './score.js';
import { rulePointsAt } from './score.js';
import { sequenceValueAt } from './sequences.js';
import type { Timeline } from './timeline.js';
import type { Channel, UnixMs } from './vocabulary.js';

const NO_CHANNELS: readonly Channel[] = [];
const EMAIL_ONLY: readonly Channel[] = ['EMAIL'];
const PHONE_ONLY: readonly Channel[] = ['SMS', 'VOICE'];
const EMAIL_AND_PHONE: readonly Channel[] = ['EMAIL', 'SMS', 'VOICE'];

/** Channels that somebody else may control: e-mail while the mailbox may be read, the phone after a SIM change. */
export function untrustedChannelsAt(timeline: Timeline, now: UnixMs): readonly Channel[] {
  const email = mailboxReadableAt(timeline.evidence, now);
  const phone = simTroubleAt(timeline, now);
  if (email) return phone ? EMAIL_AND_PHONE : EMAIL_ONLY;
  return phone ? PHONE_ONLY : NO_CHANNELS;
}

function simTroubleAt(timeline: Timeline, now: UnixMs): boolean {
  const { types, window } = timeline.policy.simTrouble;
  for (const type of types) {
    for (const signal of signalsOf(timeline.evidence, type)) if (now < signal.at + window) return true;
  }
  return false;
}

/**
 * The start of the earliest adverse item that still counts; infinite if there is none. Who enrolled a factor before it
 * was the owner.
 */
export function earliestAdverseAt(
  timeline: Timeline,
  score: Score,
  locks: readonly ActiveLock[],
  now: UnixMs,
): UnixMs {
  let earliest = Number.POSITIVE_INFINITY;
  for (const lock of locks) earliest = Math.min(earliest, lock.earliest);
  for (const exposure of timeline.evidence.exposures) {
    if (now < exposure.activeUntil) earliest = Math.min(earliest, exposure.from);
  }
  for (const one of score.contributions) {
    // A cohort is no rule of the plan: its own match tells its start.
    if (one.text.source === 'COHORT' && one.points + one.capped > 0 && one.match !== undefined) {
      earliest = Math.min(earliest, one.match.at);
    }
  }
  for (const { rule, matches } of timeline.rules) {
    if (rule.points <= 0 || rule.source === 'REQUEST' || rule.source === 'POLICY') continue;
    // Every match that counts, not only the strongest: an older one must not be hidden by a newer (I4).
    for (const match of matches) {
      if (rulePointsAt(rule, match, now) > 0) earliest = Math.min(earliest, match.at);
    }
  }
  for (const plan of timeline.sequences) {
    const value = sequenceValueAt(plan, now, false);
    if (value !== undefined && value.points > 0) earliest = Math.min(earliest, value.earliest);
  }
  return earliest;
}

/**
 * Channels whose verification would satisfy a step-up, in the policy's order: not untrusted, and, where the exchange
 * says which factors the customer has, enrolled before the trouble began.
 */
export function acceptableChannels(
  timeline: Timeline,
  untrusted: readonly Channel[],
  earliestAdverse: UnixMs,
): readonly Channel[] {
  const { factors } = timeline.input.request;
  return timeline.policy.stepUp.channels.filter((channel) => {
    if (untrusted.includes(channel)) return false;
    return factors === undefined || factors.some((factor) => isOwners(factor, channel, earliestAdverse));
  });
}

function isOwners(factor: FactorFacts, channel: Channel, earliestAdverse: UnixMs): boolean {
  return factor.channel === channel && factor.enrolledAt !== undefined && factor.enrolledAt < earliestAdverse;
}

/** Whether the customer confirmed, recently, over one of the acceptable channels with a factor of the owner's. */
export function isConfirmedAt(
  timeline: Timeline,
  acceptable: readonly Channel[],
  earliestAdverse: UnixMs,
  now: UnixMs,
): boolean {
  const { factors } = timeline.input.request;
  if (factors === undefined) return false;
  const { verifiedWithin } = timeline.policy.stepUp;
  return factors.some(
    (factor) =>
      factor.verifiedAt !== undefined &&
      factor.verifiedAt <= now &&
      now - factor.verifiedAt <= verifiedWithin &&
      acceptable.includes(factor.channel) &&
      isOwners(factor, factor.channel, earliestAdverse),
  );
}
