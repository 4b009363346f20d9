import type { SignalRecord } from './evidence.js';
import { type EvidenceIndex, mailboxReadableAt, signalsOf } from './evidence-index.js';
import { enrolledSince, FACTOR_SIGNALS } from './factor-age.js';
import type { FactorFacts } from './input.js';
import type { Timeline } from './timeline.js';
import { CHANNELS, type Channel, type DurationMs, type UnixMs } from './vocabulary.js';

const NO_CHANNELS: readonly Channel[] = [];

/**
 * Channels over which a thief may be answering: EMAIL while somebody else may read a mailbox of the account, SMS and
 * VOICE for a time after trouble with the SIM. In the vocabulary's order.
 */
export function untrustedChannelsAt(timeline: Timeline, now: UnixMs): readonly Channel[] {
  const email = mailboxReadableAt(timeline.evidence, now);
  const phone = simTroubleAt(timeline, now);
  if (!email && !phone) return NO_CHANNELS;
  return CHANNELS.filter((channel) => {
    if (channel === 'EMAIL') return email;
    return (channel === 'SMS' || channel === 'VOICE') && phone;
  });
}

function simTroubleAt({ evidence, policy }: Timeline, now: UnixMs): boolean {
  const { types, window } = policy.simTrouble;
  for (const type of types) {
    for (const signal of signalsOf(evidence, type)) if (now - signal.until < window) return true;
  }
  return false;
}

/**
 * Channels over which a confirmation counts, in the policy's order. If the exchange named the customer's factors, one
 * of them must have been enrolled before the trouble began: a thief enrols his own.
 *
 * @param adverseSince when the earliest adverse item that counts began; infinite if there is none
 */
export function acceptableChannelsAt(
  timeline: Timeline,
  untrusted: readonly Channel[],
  adverseSince: UnixMs,
): readonly Channel[] {
  const { factors } = timeline.input.request;
  const old = factors === undefined ? NO_FACTORS : oldFactors(factors, timeline, adverseSince);
  return timeline.policy.stepUp.channels.filter((channel) => {
    if (untrusted.includes(channel)) return false;
    return factors === undefined || old.some((factor) => factor.channel === channel);
  });
}

/** The customer confirmed lately over a factor whose channel is acceptable and that was there before the trouble. */
export function isConfirmedAt(
  timeline: Timeline,
  acceptable: readonly Channel[],
  adverseSince: UnixMs,
  now: UnixMs,
): boolean {
  const { verifiedWithin } = timeline.policy.stepUp;
  const { request, clockLead = 0 } = timeline.input;
  const { factors } = request;
  if (factors === undefined) return false;
  // The exchange's clock may agree with either of two times, and the customer stands before us.
  const isLate = (at: UnixMs): boolean =>
    isWithin(at, verifiedWithin, now) || isWithin(at, verifiedWithin, now + clockLead);
  return oldFactors(factors, timeline, adverseSince).some(({ channel, verifiedAt }) => {
    return verifiedAt !== undefined && isLate(verifiedAt) && acceptable.includes(channel);
  });
}

function isWithin(at: UnixMs, duration: DurationMs, now: UnixMs): boolean {
  return at <= now && now - at <= duration;
}

const NO_FACTORS: readonly FactorFacts[] = [];
const NO_SIGNALS: readonly SignalRecord[] = [];

/** The factors that were there before the trouble, by more than the policy's margin. */
export function oldFactors(
  factors: readonly FactorFacts[],
  { evidence, policy }: Timeline,
  adverseSince: UnixMs,
): readonly FactorFacts[] {
  const oldest = adverseSince - (policy.stepUp.factorMargin ?? 0);
  const signals = factorSignals(evidence);
  return factors.filter((factor) => {
    const since = enrolledSince(factor, factors, signals);
    return since !== undefined && since < oldest;
  });
}

/** The signals that say which factor they are about. */
function factorSignals(evidence: EvidenceIndex): readonly SignalRecord[] {
  let found: SignalRecord[] | undefined;
  for (const type of FACTOR_SIGNALS) {
    for (const { record } of signalsOf(evidence, type)) {
      if (record.factor === undefined && record.anyFactor === undefined) continue;
      found ??= [];
      found.push(record);
    }
  }
  return found ?? NO_SIGNALS;
}
