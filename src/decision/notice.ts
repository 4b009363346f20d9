import { isNotCurrent } from './degraded.js';
import { signalsOf } from './evidence-index.js';
import type { FactorFacts, NoticeFacts, RequestFacts } from './input.js';
import type { CompiledPolicy, NoticeRule } from './policy-model.js';
import { oldFactors } from './step-up.js';
import type { Timeline } from './timeline.js';
import type { Channel, SignalType, UnixMs } from './vocabulary.js';

/** A notice over one of these channels lets the hold end by itself. */
export interface NoticePlan {
  readonly channels: readonly Channel[];
  /** When a hold ends whose customer was told; undefined if he was not yet. */
  readonly endsAt: UnixMs | undefined;
}

/** Clocks of honest callers differ by so much: the contract's tolerance for times ahead. */
const CLOCKS_DIFFER_MS = 5 * 60_000;

/**
 * Signals that come about through the mailbox, unless they say that they came another way: whoever caused them may be
 * reading it, whatever its provider says or does not say.
 */
const THROUGH_MAILBOX: readonly SignalType[] = [
  'PASSWORD_RESET',
  'SESSION_FROM_RESET_LINK',
  'MFA_RESET',
  'MFA_DISABLED',
  'ACCOUNT_UNLOCKED',
  'SUPPORT_RECOVERY',
];

/**
 * Whether a question that the customer cannot answer may become a wait for his objection: he has no factor that answers
 * questions at all, nothing names a mailbox of his, none of his factors was lost or changed lately, and there is a channel over
 * which a thief does not hear what he is told.
 *
 * That he has no such factor is a fact of the request, and all else only shrinks with more evidence, so more evidence never
 * turns a question, or a person's decision, into a wait (I4).
 *
 * @param untrusted channels over which a thief may be answering
 * @param adverseSince when the earliest adverse item that counts began; infinite if there is none
 * @returns undefined if only a person may decide
 */
export function noticePlanAt(
  timeline: Timeline,
  untrusted: readonly Channel[],
  adverseSince: UnixMs,
  now: UnixMs,
): NoticePlan | undefined {
  const { policy, input } = timeline;
  const { notice } = policy.stepUp;
  const { factors } = input.request;
  if (notice === undefined || factors === undefined || hasAnswer(factors, policy)) return undefined;
  if (isAnyNamedAt(timeline, now) || isFactorLostAt(timeline, notice, now)) return undefined;
  const old = oldFactors(factors, timeline, adverseSince);
  const channels = notice.channels.filter((channel) => {
    if (untrusted.includes(channel) || !old.some((factor) => factor.channel === channel)) return false;
    return channel !== 'EMAIL' || isMailboxQuietAt(timeline, notice, now);
  });
  if (channels.length === 0) return undefined;
  return { channels, endsAt: noticeEnd(input.request, notice, channels, timeline.firstHeldAt) };
}

/**
 * Whether a customer who was told still has time to object, though nothing need be asked any more: what he was told holds.
 * Looks at the request and the hold alone, so that more evidence never ends it earlier (I4).
 */
export function isNoticePendingAt({ policy, input, firstHeldAt }: Timeline, now: UnixMs): boolean {
  const { notice } = policy.stepUp;
  const { factors, notices } = input.request;
  if (notice === undefined || notices === undefined || factors === undefined) return false;
  if (hasAnswer(factors, policy)) return false;
  const end = noticeEnd(input.request, notice, notice.channels, firstHeldAt);
  return end !== undefined && now < end;
}

/** He has a factor that answers questions, old enough or not. */
function hasAnswer(factors: readonly FactorFacts[], { stepUp }: CompiledPolicy): boolean {
  return factors.some(({ channel }) => stepUp.channels.includes(channel));
}

/** A provider or the customer named a mailbox, under any alias, and that still counts. */
function isAnyNamedAt({ evidence }: Timeline, now: UnixMs): boolean {
  return evidence.exposures.some((exposure) => now < exposure.activeUntil);
}

function isFactorLostAt({ evidence }: Timeline, { unless, window }: NoticeRule, now: UnixMs): boolean {
  return unless.some((type) => signalsOf(evidence, type).some(({ at }) => now - at < window));
}

/**
 * Nothing at all speaks of a mailbox: no word of a provider, no incident, no feed that may be keeping one back, and nothing
 * that went through it.
 */
function isMailboxQuietAt({ evidence, input }: Timeline, { window }: NoticeRule, now: UnixMs): boolean {
  // Of a mailbox that we cannot name nobody could tell us anything.
  if (input.request.mailbox === undefined || input.request.unreadableEmails !== undefined) return false;
  if (evidence.events.length > 0 || input.behind || input.feeds.some(isNotCurrent)) return false;
  if (evidence.cohorts.some((cohort) => now < cohort.activeUntil)) return false;
  return !input.account.signals.some(({ type, channel, occurredAt }) => {
    if (now - occurredAt >= window) return false;
    return channel === 'EMAIL' || (channel === undefined && THROUGH_MAILBOX.includes(type));
  });
}

/**
 * Only a notice of this very hold counts: one that was sent before it began speaks of another withdrawal. Of several the
 * first counts.
 */
function noticeEnd(
  { notices }: RequestFacts,
  { hold }: NoticeRule,
  channels: readonly Channel[],
  firstHeldAt: UnixMs | undefined,
): UnixMs | undefined {
  if (notices === undefined || firstHeldAt === undefined) return undefined;
  let end: UnixMs | undefined;
  for (const { channel, sentAt } of notices) {
    if (!channels.includes(channel) || sentAt < firstHeldAt - CLOCKS_DIFFER_MS) continue;
    const ofThis = Math.max(sentAt, firstHeldAt) + hold;
    end = Math.min(end ?? ofThis, ofThis);
  }
  return end;
}

/** Moments at which what {@link noticePlanAt} says may change. */
export function noticeMoments(timeline: Timeline): readonly UnixMs[] {
  const { policy, input, firstHeldAt } = timeline;
  const { notice } = policy.stepUp;
  if (notice === undefined) return NO_MOMENTS;
  const ends = (input.request.notices ?? NO_NOTICES).map(({ sentAt }) => sentAt + notice.hold);
  if (firstHeldAt !== undefined) ends.push(firstHeldAt + notice.hold);
  return ends.concat(input.account.signals.map(({ occurredAt }) => occurredAt + notice.window));
}

const NO_MOMENTS: readonly UnixMs[] = [];
const NO_NOTICES: readonly NoticeFacts[] = [];
