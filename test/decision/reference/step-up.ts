import type { FactorFacts } from '../../../src/decision/input.js';
import { CHANNELS, type Channel, type UnixMs } from '../../../src/decision/vocabulary.js';
import { mailboxReadableAt, signalsOf } from './evidence-index.js';
import type { Timeline } from './timeline.js';

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
    for (const signal of signalsOf(evidence, type)) if (now - signal.at < window) return true;
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
  return timeline.policy.stepUp.channels.filter((channel) => {
    if (untrusted.includes(channel)) return false;
    if (factors === undefined) return true;
    return factors.some(
      (factor) => factor.channel === channel && enrolledBefore(factor, timeline, adverseSince),
    );
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
  const { factors } = timeline.input.request;
  if (factors === undefined) return false;
  return factors.some((factor) => {
    const { channel, verifiedAt } = factor;
    if (verifiedAt === undefined || verifiedAt > now || now - verifiedAt > verifiedWithin) return false;
    return acceptable.includes(channel) && enrolledBefore(factor, timeline, adverseSince);
  });
}

/** Enrolled long enough before the trouble, and no signal about it came later than that. */
export function enrolledBefore(
  factor: FactorFacts,
  { input, policy }: Timeline,
  adverseSince: UnixMs,
): boolean {
  const { factors = [] } = input.request;
  const oldest = adverseSince - (policy.stepUp.factorMargin ?? 0);
  if (factor.enrolledAt === undefined || factor.enrolledAt >= oldest) return false;
  return !input.account.signals.some(({ type, factor: named, occurredAt }) => {
    if (!type.startsWith('MFA_') || named === undefined || occurredAt < oldest) return false;
    if (named.id !== undefined && factor.id !== undefined) return named.id === factor.id;
    if (named.channel !== factor.channel) return false;
    const sameChannel = factors.filter(({ channel }) => channel === factor.channel);
    const ages = sameChannel.map(({ enrolledAt = Number.POSITIVE_INFINITY }) => enrolledAt);
    return Math.max(...ages) === factor.enrolledAt;
  });
}
