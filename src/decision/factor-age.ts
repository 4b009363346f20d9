import type { SignalFactor, SignalRecord } from './evidence.js';
import type { FactorFacts } from './input.js';
import type { SignalType, UnixMs } from './vocabulary.js';

/** Signals about a factor itself: after one of these it is another factor than before, whatever its enrolment says. */
export const FACTOR_SIGNALS: readonly SignalType[] = [
  'MFA_ENROLLED',
  'MFA_CHANGED',
  'MFA_RESET',
  'MFA_DISABLED',
];

/**
 * Since when the customer has had a factor: its enrolment, but no earlier than the latest signal about it. Undefined if
 * its enrolment is unknown: such a factor is never old.
 *
 * @param all the factors that the request named, this one among them
 * @param signals about factors; those that name none are left aside
 */
export function enrolledSince(
  factor: FactorFacts,
  all: readonly FactorFacts[],
  signals: readonly SignalRecord[],
): UnixMs | undefined {
  const { enrolledAt } = factor;
  if (enrolledAt === undefined) return undefined;
  let since = enrolledAt;
  for (const { factor: named, occurredAt, anyFactor } of signals) {
    if (occurredAt <= since) continue;
    if (anyFactor === true || (named !== undefined && isAbout(named, factor, all))) since = occurredAt;
  }
  return since;
}

/** Where not both sides have an id, the youngest factor of the channel is meant: the signal is news of it. */
function isAbout(named: SignalFactor, factor: FactorFacts, all: readonly FactorFacts[]): boolean {
  if (named.id !== undefined && factor.id !== undefined) return named.id === factor.id;
  if (named.channel !== factor.channel) return false;
  return all.every((other) => other.channel !== factor.channel || !isYounger(other, factor));
}

function isYounger(other: FactorFacts, factor: FactorFacts): boolean {
  return (other.enrolledAt ?? Number.POSITIVE_INFINITY) > (factor.enrolledAt ?? Number.POSITIVE_INFINITY);
}
