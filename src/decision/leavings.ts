import type { SignalFactor, SignalRecord } from './evidence.js';
import { FACTOR_SIGNALS } from './factor-age.js';
import type { AssessmentInput } from './input.js';
import { namesOf } from './mailbox-names.js';
import type { CompiledPolicy } from './policy-model.js';
import type { Channel, Pseudonym, UnixMs } from './vocabulary.js';

/** The customer left a mailbox for another, confirmed over a factor that may be older than the trouble. */
export interface Leaving {
  readonly at: UnixMs;
  /** All names of the mailbox he went to: another spelling of the one he had is no other mailbox. */
  readonly to: readonly Pseudonym[];
  /** Since when he has had the factor. */
  readonly factorSince: UnixMs;
}

const NO_LEAVINGS: readonly Leaving[] = [];

/**
 * Changes of the e-mail address that were confirmed over a factor of known age, ascending. One over the mailbox itself is
 * none, nor one over the phone soon after trouble with the SIM: a thief who holds those would confirm his own change.
 */
export function leavingsOf(input: AssessmentInput, policy: CompiledPolicy): readonly Leaving[] {
  const { signals } = input.account;
  let leavings: Leaving[] | undefined;
  for (const signal of signals) {
    const { type, factor, mailbox, occurredAt } = signal;
    if (type !== 'EMAIL_CHANGED' || factor?.enrolledAt === undefined || mailbox === undefined) continue;
    if (!proves(factor, occurredAt, signals, policy)) continue;
    leavings ??= [];
    const factorSince = knownSince(factor, factor.enrolledAt, occurredAt, signals);
    leavings.push({ at: occurredAt, to: namesOf(mailbox, input.account), factorSince });
  }
  return leavings?.sort((a, b) => a.at - b.at) ?? NO_LEAVINGS;
}

const BY_PHONE: readonly Channel[] = ['SMS', 'VOICE'];

function proves(
  { channel, verifiedAt }: SignalFactor,
  changedAt: UnixMs,
  signals: readonly SignalRecord[],
  { stepUp, simTrouble }: CompiledPolicy,
): boolean {
  if (channel === 'EMAIL' || !stepUp.channels.includes(channel)) return false;
  if (verifiedAt !== undefined && Math.abs(changedAt - verifiedAt) > stepUp.verifiedWithin) return false;
  if (!BY_PHONE.includes(channel)) return true;
  return !signals.some(({ type, occurredAt, since = occurredAt }) => {
    if (!simTrouble.types.includes(type)) return false;
    return since <= changedAt && changedAt - occurredAt < simTrouble.window;
  });
}

/** No earlier than the latest signal about the factor before the change; of its channel, if either names no factor. */
function knownSince(
  factor: SignalFactor,
  enrolledAt: UnixMs,
  changedAt: UnixMs,
  signals: readonly SignalRecord[],
): UnixMs {
  let latest = enrolledAt;
  for (const { type, factor: named, occurredAt, since = occurredAt, anyFactor } of signals) {
    if (since > changedAt || !FACTOR_SIGNALS.includes(type)) continue;
    if (anyFactor === true || (named !== undefined && isSameFactor(named, factor))) {
      latest = Math.max(latest, Math.min(occurredAt, changedAt));
    }
  }
  return latest;
}

function isSameFactor(named: SignalFactor, factor: SignalFactor): boolean {
  if (named.id !== undefined && factor.id !== undefined) return named.id === factor.id;
  return named.channel === factor.channel;
}

/** What a mailbox must have been left for, and when. */
export interface LeavingQuestion {
  /** Whether an alias names the mailbox. */
  readonly isIt: (alias: Pseudonym) => boolean;
  /** When the exposure began: the factor must be older. */
  readonly from: UnixMs;
  /** Of a report that names no mailbox: what the account used then is meant, so that a later one is not. */
  readonly reportedAt?: UnixMs | undefined;
  /** It stands for several, of which some may have meant another mailbox. */
  readonly isCrowd?: boolean;
}

/**
 * When the account left a mailbox for good, by a change that whoever could read it since `from` could not confirm.
 *
 * @returns infinite if it did not
 */
export function leftAt(
  leavings: readonly Leaving[],
  { isIt, from, reportedAt = Number.NEGATIVE_INFINITY, isCrowd = false }: LeavingQuestion,
  { request, account }: AssessmentInput,
  policy: CompiledPolicy,
): UnixMs {
  if (leavings.length === 0) return NEVER;
  const oldest = from - (policy.stepUp.factorMargin ?? 0);
  const valid = leavings.filter(({ at, factorSince }) => at >= reportedAt && factorSince < oldest);
  if (reportedAt > Number.NEGATIVE_INFINITY && !isCrowd) {
    const moved = valid.find(({ to }) => to.some(isIt));
    if (moved !== undefined) return moved.at;
  }
  if (request.mailbox !== undefined && namesOf(request.mailbox, account).some(isIt)) return NEVER;
  let back = Number.NEGATIVE_INFINITY;
  for (const { type, mailbox, occurredAt, since } of account.signals) {
    if (type !== 'EMAIL_CHANGED') continue;
    // A crowd without a mailbox may have led to this one.
    const isBack = mailbox === undefined ? since !== undefined : namesOf(mailbox, account).some(isIt);
    if (isBack) back = Math.max(back, occurredAt);
  }
  return valid.find(({ at, to }) => at > back && !to.some(isIt))?.at ?? NEVER;
}

const NEVER: UnixMs = Number.POSITIVE_INFINITY;
